import json
import os
import re
import sys

from flask import Flask, request
from stripe import SignatureVerificationError, WebhookSignature

secret = os.environ.get("WEBHOOK_SECRET", "")  # the whole of it, whsec_ included
if not re.match("whsec_.{32}", secret):
    # without it, anybody could sign
    sys.exit("WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_")
seen = set()  # a table with a unique index, where it is to last

app = Flask(__name__)


@app.post("/webhooks")
def receive():
    body = request.get_data(as_text=True)
    try:
        # Not construct_event: it makes an event of Stripe's out of it.
        signature = request.headers.get("CallingBox-Signature", "")
        WebhookSignature.verify_header(body, signature, secret, tolerance=300)
    except SignatureVerificationError:
        return "", 400
    event = json.loads(body)
    if event["id"] not in seen:
        seen.add(event["id"])
        print(event["type"], event["id"])  # what takes longer goes into a queue of yours
    return "", 204


app.run(port=int(os.environ["PORT"]))
