import os
import re
import sys

import uvicorn
from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

secret = os.environ.get("WEBHOOK_SECRET", "")
if not re.match("whsec_.{32}", secret):
    # without it, anybody could sign
    sys.exit("WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_")
webhook = Webhook(secret)
seen = set()  # a table with a unique index, where it is to last

app = FastAPI()


@app.post("/webhooks")
async def receive(request: Request):
    try:
        # The request's own body, and no model: what is signed is the bytes as they arrived.
        event = webhook.verify(await request.body(), dict(request.headers))
    except (WebhookVerificationError, ValueError):  # a header that is cut off is a ValueError
        return Response(status_code=400)
    if event["id"] not in seen:
        seen.add(event["id"])
        print(event["type"], event["id"])  # what takes longer goes into a queue of yours
    return Response(status_code=204)


uvicorn.run(app, port=int(os.environ["PORT"]), log_level="error")
