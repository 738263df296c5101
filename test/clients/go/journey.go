package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"

	"journey/callingbox"
)

func main() {
	ctx := context.Background()
	withKey := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("KEY"))
		return nil
	}
	api, err := callingbox.NewClientWithResponses(
		os.Getenv("URL"), callingbox.WithRequestEditorFn(withKey))
	check(err)

	// The secret is shown once: your receiver verifies webhooks with it.
	types := []callingbox.EnabledEvent{"call.completed", "call.busy"}
	hookURL := os.Getenv("HOOK_URL")
	created, err := api.CreateEndpointWithResponse(ctx, nil, callingbox.NewEndpoint{
		Url: &hookURL, EnabledEvents: &types})
	check(err)
	endpoint := need(created.JSON201, created.Body)
	fmt.Println("endpoint", endpoint.Status, endpoint.SigningSecret[:6])

	// With a key, the same request may be sent again, and acts once.
	key := uuid.NewString()
	call := callingbox.NewCall{Id: uuid.New()}
	call.Set("status", "completed")
	sent, err := api.CreateEventWithResponse(ctx,
		&callingbox.CreateEventParams{IdempotencyKey: &key},
		callingbox.NewEvent{Type: callingbox.EventTypeCallCompleted, Call: call})
	check(err)
	event := need(sent.JSON202, sent.Body)
	fmt.Println("event", event.Type, len(event.Deliveries))

	listed, err := api.ListDeliveriesWithResponse(ctx,
		&callingbox.ListDeliveriesParams{CallId: &call.Id})
	check(err)
	page := need(listed.JSON200, listed.Body)
	fmt.Println("list", len(page.Data), page.HasMore)

	id := page.Data[0].Id
	delivery := until(func() (*callingbox.DeliveryWithAttempts, bool) {
		got, err := api.GetDeliveryWithResponse(ctx, id)
		check(err)
		delivery := need(got.JSON200, got.Body)
		return delivery, delivery.Status != callingbox.DeliveryStatusPending
	})
	fmt.Println("delivery", delivery.Status, delivery.Attempts[0].Response.Status)

	again, err := api.RedeliverWithResponse(ctx, id, nil, callingbox.Redelivery{})
	check(err)
	redelivered := need(again.JSON200, again.Body)
	fmt.Println("redeliver", redelivered.Status, redelivered.ManualRetryCount)

	// Each of a batch is judged by itself: these are milliseconds, where seconds are wanted.
	tooLate := int(time.Now().UnixMicro())
	batch, err := api.CreateEventsWithResponse(ctx, nil, callingbox.EventBatch{
		Events: []callingbox.NewEvent{
			{Type: callingbox.EventTypeCallBusy, Call: callingbox.NewCall{Id: uuid.New()}},
			{Type: callingbox.EventTypeCallBusy, Call: callingbox.NewCall{Id: uuid.New()}, Created: &tooLate},
		}})
	check(err)
	for _, result := range need(batch.JSON202, batch.Body).Data {
		// Not AsAcceptedEvent, which takes a refused one for an accepted one with no id.
		item, err := result.ValueByDiscriminator()
		check(err)
		switch item := item.(type) {
		case callingbox.AcceptedEvent:
			fmt.Println("batch accepted", len(item.Deliveries))
		case callingbox.RefusedEvent:
			fmt.Println("batch refused", item.Code, (*item.Issues)[0].Path)
		}
	}

	// Everything that the endpoint has got, once more.
	started, err := api.StartReplayWithResponse(ctx, nil, callingbox.NewReplay{
		Filter: callingbox.NewReplayFilter{EndpointId: &endpoint.Id}})
	check(err)
	replayId := need(started.JSON201, started.Body).Id
	replay := until(func() (*callingbox.Replay, bool) {
		got, err := api.GetReplayWithResponse(ctx, replayId)
		check(err)
		replay := need(got.JSON200, got.Body)
		return replay, replay.Status != callingbox.ReplayStatusRunning
	})
	fmt.Println("replay", replay.Status, replay.Total)

	renewed, err := api.RotateEndpointSecretWithResponse(ctx, endpoint.Id.String(), nil, callingbox.SecretRotation{})
	check(err)
	rotated := need(renewed.JSON200, renewed.Body)
	fmt.Println("rotate", rotated.SigningSecret != endpoint.SigningSecret)

	disabled := callingbox.EndpointStatusDisabled
	updated, err := api.UpdateEndpointWithResponse(ctx, endpoint.Id.String(),
		callingbox.EndpointChanges{Status: &disabled})
	check(err)
	changed := need(updated.JSON200, updated.Body)
	fmt.Println("update", changed.Status, *changed.DisabledReason)

	// An error has a code to act on, and a sentence to show.
	refused, err := api.RedeliverWithResponse(ctx, id, nil, callingbox.Redelivery{})
	check(err)
	fmt.Println("refused", refused.StatusCode(), need(refused.JSON409, refused.Body).Code)

	gone, err := api.DeleteEndpointWithResponse(ctx, endpoint.Id.String())
	check(err)
	fmt.Println("delete", gone.StatusCode())
	missing, err := api.GetEndpointWithResponse(ctx, endpoint.Id.String())
	check(err)
	fmt.Println("missing", missing.StatusCode(), need(missing.JSON404, missing.Body).Code)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func need[Value any](value *Value, body []byte) *Value {
	if value == nil {
		log.Fatal(string(body))
	}
	return value
}

func until[Value any](ask func() (Value, bool)) Value {
	for {
		if value, isDone := ask(); isDone {
			return value
		}
		time.Sleep(200 * time.Millisecond)
	}
}
