package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// The instruments. Their labels are stages, steps and kinds of error: some
// dozens of series, whatever pages come.
var (
	tracer = otel.Tracer("pageinspect")
	meter  = otel.Meter("pageinspect")

	pages, _    = meter.Int64Counter("pageinspect.pages", metric.WithUnit("{page}"), metric.WithDescription("Pages by stage and outcome: done, or the kind of error."))
	duration, _ = meter.Float64Histogram("pageinspect.page.duration", metric.WithUnit("s"), metric.WithDescription("Time of a page by stage and outcome."), buckets)
	steps, _    = meter.Float64Histogram("pageinspect.step.duration", metric.WithUnit("s"), metric.WithDescription("Time of a step by stage and step."), buckets)
	tiles, _    = meter.Int64Counter("pageinspect.tiles", metric.WithUnit("{tile}"), metric.WithDescription("Tiles that pages were captured in."))
	units, _    = meter.Int64Counter("pageinspect.vision.units", metric.WithUnit("{unit}"), metric.WithDescription("Units that Vision billed."))

	buckets = metric.WithExplicitBucketBoundaries(.05, .1, .25, .5, 1, 2.5, 5, 10, 25, 60, 120, 300, 540)
)

// Page begins a page's span. end tells what became of it and of which page it
// was, as far as that is known by then.
func Page(ctx context.Context, stage string) (_ context.Context, end func(id, url string, err error)) {
	began := time.Now()
	ctx, span := tracer.Start(ctx, stage, trace.WithSpanKind(trace.SpanKindConsumer))
	return ctx, func(id, url string, err error) {
		outcome := "done"
		if err != nil {
			outcome = string(fault.KindOf(err))
			span.SetStatus(codes.Error, job.Bare(err.Error()))
		}
		span.SetAttributes(attribute.String("pageinspect.id", id), attribute.String("url.full", url), attribute.String("pageinspect.outcome", outcome))
		span.End()
		labels := metric.WithAttributes(attribute.String("stage", stage), attribute.String("outcome", outcome))
		pages.Add(ctx, 1, labels)
		duration.Record(ctx, time.Since(began).Seconds(), labels)
	}
}

// Step begins the span of one step of a page; end tells how it went.
func Step(ctx context.Context, stage, step string) (_ context.Context, end func(error)) {
	began := time.Now()
	ctx, span := tracer.Start(ctx, stage+" "+step)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, job.Bare(err.Error()))
		}
		span.End()
		steps.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(attribute.String("stage", stage), attribute.String("step", step)))
	}
}

// Tiles counts the tiles of a page that was captured.
func Tiles(ctx context.Context, n int) { tiles.Add(ctx, int64(n)) }

// VisionUnits counts what a page cost.
func VisionUnits(ctx context.Context, n int) { units.Add(ctx, int64(n)) }
