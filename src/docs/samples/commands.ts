// The commands that stand beside the samples, as a reader pastes them and as CI runs them.

/** Of an own receiver: where webhooks go, and the secret that signs them. `$URL` and `$KEY` are the reader's. */
export const MAKE_ENDPOINT = `export WEBHOOK_SECRET=$(curl -s "$URL/v1/webhook_endpoints" \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"url":"http://localhost:3000/webhooks"}' | grep -oE 'whsec_[^"]+')`

/** How a receiver is installed and started in an empty folder that has its file, by language. */
export const RECEIVE: Record<string, string> = {
  Node: `npm init -y && npm pkg set type=module
npm install express@5.3.0 standardwebhooks@1.1.1
PORT=3000 node express.js`,
  Python: `python3 -m venv env && . env/bin/activate
pip install flask==3.1.3 standardwebhooks==1.1.0
PORT=3000 python flask_app.py`,
  Go: `go mod init receiver
go get github.com/standard-webhooks/standard-webhooks/libraries@v0.0.1
PORT=3000 go run main.go`,
}

/** What makes a client of the document, for a shell with `$URL` set. */
export const GENERATE = {
  typescript: 'npx openapi-typescript "$URL/openapi.json" -o callingbox.d.ts',
  python:
    'openapi-python-client generate --url "$URL/openapi.json" --meta none --output-path callingbox_client --overwrite',
  go: 'go tool oapi-codegen -config oapi-codegen.yaml "$URL/openapi.json"',
}

/** What is installed first, in a folder of its own. */
export const INSTALL = {
  typescript: `npm init -y && npm pkg set type=module
npm install openapi-fetch@0.17.0
npm install --save-dev openapi-typescript@7.13.0 typescript@5.9.3 @types/node@24.10.0`,
  python: `python3 -m venv env && . env/bin/activate
pip install httpx==0.28.1 openapi-python-client==0.29.1`,
  go: `go mod init journey && mkdir callingbox
go get -tool github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2
go get github.com/oapi-codegen/runtime@v1.9.0 github.com/google/uuid@v1.6.0`,
}
