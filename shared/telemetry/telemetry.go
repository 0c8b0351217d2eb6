// Package telemetry follows a page across both functions: one trace from the
// Kafka record to the record of its result, and counts with few labels.
//
// # How a trace travels
//
// As a W3C traceparent: a header of the request's Kafka record, metadata of
// the manifest's object (which its finalize repeats), a header of the records of
// results and errors. A request without one begins a trace.
//
// # What it costs
//
// Nothing where no collector is named: the trace's id is passed on and written
// into the log, and no span is made. With one, spans and counts are sent in the
// background; a collector that is away costs them and nothing else.
package telemetry

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// Grace is how long the end of a process may wait for the collector: Cloud Run
// gives ten seconds from SIGTERM to SIGKILL, and the browser takes some.
const Grace = 3 * time.Second

// Traceparent is the key that a trace travels under, everywhere.
const Traceparent = "traceparent"

// Config is OpenTelemetry's own variable, which its library reads, too, with
// the others of its kind: https://opentelemetry.io/docs/specs/otel/protocol/exporter.
type Config struct {
	Endpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"` // http://host:4318; empty: nothing is sent
}

// Start sends what the service does from now on to the collector. stop sends
// what is left; it is for the end of the process.
func Start(ctx context.Context, cfg Config, service string) (stop func(context.Context) error, err error) {
	if cfg.Endpoint == "" {
		return func(context.Context) error { return nil }, nil
	}
	what, err := resource.New(ctx, resource.WithFromEnv(), resource.WithAttributes(semconv.ServiceName(service)))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "OTEL_RESOURCE_ATTRIBUTES")
	}
	spans, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "OTEL_EXPORTER_OTLP_ENDPOINT")
	}
	counts, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "OTEL_EXPORTER_OTLP_ENDPOINT")
	}
	// Every page is followed: a page takes seconds, and a collector can thin
	// them out. Cloud Run marks most of its own traces as not to be followed.
	tracing := trace.NewTracerProvider(trace.WithBatcher(spans), trace.WithResource(what), trace.WithSampler(trace.AlwaysSample()))
	metering := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(counts)), metric.WithResource(what))
	otel.SetTracerProvider(tracing)
	otel.SetMeterProvider(metering)
	return func(ctx context.Context) error {
		return errors.Join(tracing.Shutdown(ctx), metering.Shutdown(ctx))
	}, nil
}

var wire = propagation.TraceContext{}

// Continue makes what is done with the context part of the trace that a
// traceparent names, or of a new one where it names none.
func Continue(ctx context.Context, traceparent string) context.Context {
	ctx = wire.Extract(ctx, propagation.MapCarrier{Traceparent: traceparent})
	if oteltrace.SpanContextFromContext(ctx).IsValid() {
		return ctx
	}
	var c oteltrace.SpanContextConfig
	rand.Read(c.TraceID[:]) //nolint:errcheck // never fails: crypto/rand since Go 1.24
	rand.Read(c.SpanID[:])  //nolint:errcheck
	c.Remote = true
	return oteltrace.ContextWithRemoteSpanContext(ctx, oteltrace.NewSpanContext(c))
}

// Carry adds the context's trace to headers or metadata, which may be nil.
func Carry(ctx context.Context, headers map[string]string) map[string]string {
	if headers == nil {
		headers = map[string]string{}
	}
	wire.Inject(ctx, propagation.MapCarrier(headers))
	return headers
}
