import os
import re
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost"])

secret = os.environ.get("WEBHOOK_SECRET", "")
if not re.match("whsec_.{32}", secret):
    # without it, anybody could sign
    sys.exit("WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_")
webhook = Webhook(secret)
seen = set()  # a table with a unique index, where it is to last


@csrf_exempt  # the signature says who it is from
@require_POST
def receive(request):
    try:
        # request.body: what is signed is the bytes as they arrived.
        event = webhook.verify(request.body, dict(request.headers))
    except (WebhookVerificationError, ValueError):  # a header that is cut off is a ValueError
        return HttpResponse(status=400)
    if event["id"] not in seen:
        seen.add(event["id"])
        print(event["type"], event["id"])  # what takes longer goes into a queue of yours
    return HttpResponse(status=204)


urlpatterns = [path("webhooks", receive)]

execute_from_command_line(["django", "runserver", "--noreload", os.environ["PORT"]])
