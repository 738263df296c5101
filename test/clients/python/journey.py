import os
import time
from uuid import uuid4

from callingbox_client import AuthenticatedClient
from callingbox_client.api.deliveries import get_delivery, list_deliveries, redeliver
from callingbox_client.api.endpoints import (
    create_endpoint,
    delete_endpoint,
    get_endpoint,
    rotate_endpoint_secret,
    update_endpoint,
)
from callingbox_client.api.events import create_event, create_events
from callingbox_client.api.replays import get_replay, start_replay
from callingbox_client.models import (
    AcceptedEvent,
    DeliveryStatus,
    EnabledEvent,
    EndpointChanges,
    EndpointStatus,
    Error,
    EventBatch,
    EventType,
    NewCall,
    NewEndpoint,
    NewEvent,
    NewReplay,
    NewReplayFilter,
    ReplayStatus,
)

client = AuthenticatedClient(base_url=os.environ["URL"], token=os.environ["KEY"])


def need(answer):
    if answer is None or isinstance(answer, Error):
        raise RuntimeError(answer.error if answer else "an answer that is not documented")
    return answer


def until(ask, is_done):
    while not is_done(value := need(ask())):
        time.sleep(0.2)
    return value


# The secret is shown once: your receiver verifies webhooks with it.
types = [EnabledEvent.CALL_COMPLETED, EnabledEvent.CALL_BUSY]
wanted = NewEndpoint(url=os.environ["HOOK_URL"], enabled_events=types)
endpoint = need(create_endpoint.sync(client=client, body=wanted))
print("endpoint", endpoint.status, endpoint.signing_secret[:6])

# With a key, the same request may be sent again, and acts once.
call = NewCall(id=uuid4())
call["status"] = "completed"
happened = NewEvent(type_=EventType.CALL_COMPLETED, call=call)
event = need(create_event.sync(client=client, body=happened, idempotency_key=str(uuid4())))
print("event", event.type_, len(event.deliveries))

page = need(list_deliveries.sync(client=client, call_id=call.id))
print("list", len(page.data), page.has_more)

delivery = until(
    lambda: get_delivery.sync(page.data[0].id, client=client),
    lambda delivery: delivery.status != DeliveryStatus.PENDING,
)
print("delivery", delivery.status, delivery.attempts[0].response.status)

again = need(redeliver.sync(delivery.id, client=client))
print("redeliver", again.status, again.manual_retry_count)

# Each of a batch is judged by itself: these are milliseconds, where seconds are wanted.
busy = [NewEvent(type_=EventType.CALL_BUSY, call=NewCall(id=uuid4())) for _ in range(2)]
busy[1].created = time.time_ns() // 1000
for item in need(create_events.sync(client=client, body=EventBatch(events=busy))).data:
    if isinstance(item, AcceptedEvent):
        print("batch accepted", len(item.deliveries))
    else:
        print("batch refused", item.code, item.issues[0].path)

# Everything that the endpoint has got, once more.
everything = NewReplay(filter_=NewReplayFilter(endpoint_id=endpoint.id))
started = need(start_replay.sync(client=client, body=everything))
replay = until(
    lambda: get_replay.sync(started.id, client=client),
    lambda replay: replay.status != ReplayStatus.RUNNING,
)
print("replay", replay.status, replay.total)

rotated = need(rotate_endpoint_secret.sync(endpoint.id, client=client))
print("rotate", rotated.signing_secret != endpoint.signing_secret)

changes = EndpointChanges(status=EndpointStatus.DISABLED)
changed = need(update_endpoint.sync(endpoint.id, client=client, body=changes))
print("update", changed.status, changed.disabled_reason)

# An error has a code to act on, and a sentence to show.
refused = redeliver.sync_detailed(delivery.id, client=client)
print("refused", refused.status_code.value, refused.parsed.code)

gone = delete_endpoint.sync_detailed(endpoint.id, client=client)
print("delete", gone.status_code.value)
missing = get_endpoint.sync_detailed(endpoint.id, client=client)
print("missing", missing.status_code.value, missing.parsed.code)
