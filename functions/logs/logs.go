// Package logs writes structured logs in Cloud Logging's format: one JSON
// object a line with severity, message and time, which Cloud Run's agent reads
// from standard error as it is.
package logs

import (
	"io"
	"log/slog"
)

// New returns a logger that names the service in every line.
func New(w io.Writer, service string) *slog.Logger {
	h := slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
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
	return slog.New(h).With("service", service)
}

// severity is Cloud Logging's name for a level (its enum LogSeverity).
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
