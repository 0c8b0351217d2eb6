package telemetry

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/pageinspect/pageinspect/shared/fault"
)

const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestTraceTravelsWithoutACollector(t *testing.T) {
	ctx, end := Page(Continue(t.Context(), given), "capture")
	ctx, endStep := Step(ctx, "capture", "tile")
	endStep(nil)
	end("id", "https://shop.example", errors.New("made to fail"))
	if got := Carry(ctx, map[string]string{"id": "1"}); got[Traceparent] != given || got["id"] != "1" {
		t.Errorf("carried %v", got)
	}
}

func TestWorkWithoutATraceBeginsOne(t *testing.T) {
	for _, from := range []string{"", "garbage", "00-00000000000000000000000000000000-0000000000000000-01"} {
		one, two := Carry(Continue(t.Context(), from), nil)[Traceparent], Carry(Continue(t.Context(), from), nil)[Traceparent]
		if len(one) != len(given) || one == two || strings.Contains(one, "-0000000000000000") {
			t.Errorf("from %q: %q and %q", from, one, two)
		}
	}
	if !trace.SpanContextFromContext(Continue(context.Background(), given)).IsSampled() {
		t.Error("the flag is lost")
	}
}

func TestNothingIsSentWithoutAnEndpoint(t *testing.T) {
	stop, err := Start(t.Context(), Config{}, "capture")
	if err != nil || stop(t.Context()) != nil {
		t.Error(err)
	}
	if ctx, _ := Page(t.Context(), "capture"); trace.SpanFromContext(ctx).IsRecording() {
		t.Error("spans are made")
	}
}

func TestResourceAttributesThatAreWrong(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "no equals sign")
	if _, err := Start(t.Context(), Config{Endpoint: "http://127.0.0.1:1"}, "capture"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
}
