// Package logs writes the functions' logs as lines of JSON with the fields that
// Cloud Logging understands: severity, message, time, and the trace that a line
// belongs to (https://cloud.google.com/logging/docs/structured-logging).
package logs

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"github.com/pageinspect/pageinspect/shared/job"
)

// New makes a logger for the service. Lines logged with a context name its
// trace, as one of the project's where that is known. No text has the name and
// password that an address in it came with.
func New(w io.Writer, service, project string) *slog.Logger {
	h := slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch v := a.Value.Any().(type) {
		case string:
			a.Value = slog.StringValue(job.Bare(v))
		case error:
			a.Value = slog.StringValue(job.Bare(v.Error()))
		}
		if len(groups) > 0 {
			return a
		}
		switch a.Key {
		case slog.LevelKey:
			return slog.String("severity", severity(a.Value.Any().(slog.Level)))
		case slog.MessageKey:
			a.Key = "message"
		}
		return a
	}})
	prefix := ""
	if project != "" {
		prefix = "projects/" + project + "/traces/"
	}
	return slog.New(traced{h, prefix}).With("service", service)
}

// traced adds the context's trace to each line.
type traced struct {
	slog.Handler
	prefix string
}

func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		r.AddAttrs(
			slog.String("logging.googleapis.com/trace", h.prefix+s.TraceID().String()),
			slog.String("logging.googleapis.com/spanId", s.SpanID().String()),
			slog.Bool("logging.googleapis.com/trace_sampled", s.IsSampled()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traced{h.Handler.WithAttrs(attrs), h.prefix}
}

func (h traced) WithGroup(name string) slog.Handler {
	return traced{h.Handler.WithGroup(name), h.prefix}
}

func severity(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "ERROR"
	case l >= slog.LevelWarn:
		return "WARNING"
	case l >= slog.LevelInfo:
		return "INFO"
	}
	return "DEBUG"
}
