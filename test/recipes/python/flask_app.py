import os
import re
import sys

from flask import Flask, request
from standardwebhooks import Webhook, WebhookVerificationError

secret = os.environ.get("WEBHOOK_SECRET", "")
if not re.match("whsec_.{32}", secret):
    # without it, anybody could sign
    sys.exit("WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_")
webhook = Webhook(secret)
seen = set()  # a table with a unique index, where it is to last

app = Flask(__name__)


@app.post("/webhooks")
def receive():
    try:
        # get_data(), not get_json(): what is signed is the bytes as they arrived.
        event = webhook.verify(request.get_data(), dict(request.headers))
    except (WebhookVerificationError, ValueError):  # a header that is cut off is a ValueError
        return "", 400
    if event["id"] not in seen:
        seen.add(event["id"])
        print(event["type"], event["id"])  # what takes longer goes into a queue of yours
    return "", 204


app.run(port=int(os.environ["PORT"]))
