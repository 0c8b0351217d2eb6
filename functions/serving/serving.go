// Package serving runs the functions framework until the platform says stop.
package serving

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	"github.com/pageinspect/pageinspect/shared/loopback"
)

// Cloud Run kills an instance 10 s after SIGTERM. What runs has most of that to
// give its leases back; the rest is for the browser and the last telemetry.
const (
	drainTime    = 6 * time.Second
	shutdownTime = 3 * time.Second
)

// Local keeps a laptop's functions to programs of the laptop; elsewhere it
// changes nothing.
func Local(h http.Handler) func(http.ResponseWriter, *http.Request) {
	if localOnly() {
		h = loopback.Only(h)
	}
	return h.ServeHTTP
}

// localOnly says whether the function serves one machine.
func localOnly() bool { return os.Getenv("LOCAL_ONLY") == "true" }

// Main serves the registered function at PORT until SIGTERM or an interrupt.
// Then drain ends the deliveries, shutdown ends what they used, and the process
// ends, within 10 s whatever they do. The framework's server has no graceful
// stop of its own.
func Main(drain func(context.Context), shutdown func()) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-stop
		end(drain, shutdown)
		os.Exit(0)
	}()
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	// LOCAL_ONLY keeps a laptop's functions off the network.
	host := ""
	if localOnly() {
		host = "127.0.0.1"
	}
	if err := funcframework.StartHostPort(host, port); err != nil {
		fmt.Fprintf(os.Stderr, "cannot serve at port %s: %v; set PORT to a free one\n", port, err)
		end(drain, shutdown)
		os.Exit(1)
	}
}

func end(drain func(context.Context), shutdown func()) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	drain(ctx)
	down := make(chan struct{})
	go func() {
		defer close(down)
		shutdown()
	}()
	select {
	case <-down:
	case <-time.After(shutdownTime):
		fmt.Fprintln(os.Stderr, "ended before everything was shut down")
	}
}
