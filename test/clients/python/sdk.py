import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from uuid import uuid4

import httpx
from callingbox import APIError, Callingbox, NotFoundError

client = Callingbox(api_key=os.environ["KEY"], base_url=os.environ["URL"])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = client.webhooks.construct_event(
            body, self.headers["CallingBox-Signature"], endpoint.signing_secret
        )
        received.append(event)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


received = []
receiver = HTTPServer(("localhost", 0), Receiver)
url = f"http://localhost:{receiver.server_port}"
endpoint = client.webhooks.create_endpoint(
    url, enabled_events=["call.completed", "call.busy"]
)
print("endpoint", endpoint.status, endpoint.signing_secret[:6])
Thread(target=receiver.serve_forever, daemon=True).start()

# It has no method for what a producer does.
call_id = str(uuid4())
sent = httpx.post(
    f"{os.environ['URL']}/v1/events",
    headers={"Authorization": f"Bearer {os.environ['KEY']}"},
    json={"type": "call.completed", "call": {"id": call_id, "status": "completed"}},
).json()
print("event", sent["type"], len(sent["deliveries"]))

deliveries = client.webhooks.list_deliveries(call_id=call_id)
print("list", len(deliveries))

delivery = deliveries[0]
while delivery.status == "pending":
    time.sleep(0.2)
    delivery = client.webhooks.get_delivery(delivery.id)
print("delivery", delivery.status, delivery.last_response_status)
print("verified", received[0].type, received[0].data["call"]["id"] == call_id)

again = client.webhooks.redeliver(delivery.id)
print("redeliver", again.status, again.manual_retry_count)

rotated = client.webhooks.rotate_secret(endpoint.id)
print("rotate", rotated.signing_secret != endpoint.signing_secret)

changed = client.webhooks.update_endpoint(endpoint.id, status="disabled")
print("update", changed.status, changed.disabled_reason)

try:
    client.webhooks.redeliver(delivery.id)
except APIError as error:
    print("refused", error.status_code, "disabled" in error.message)

# It reads a body of the 204, which has none: the endpoint is deleted all the same.
try:
    client.webhooks.delete_endpoint(endpoint.id)
except ValueError as error:
    print("delete raises", type(error).__name__)
try:
    client.webhooks.get_endpoint(endpoint.id)
except NotFoundError as error:
    print("missing", error.status_code)
