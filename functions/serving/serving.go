// Package serving runs the functions framework until the platform says stop.
package serving

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
)

// Main serves the registered function at PORT until SIGTERM or an interrupt,
// then runs shutdown and ends the process. The framework's server has no
// graceful stop: a delivery that is cut off is delivered again.
func Main(shutdown func()) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-stop
		shutdown()
		os.Exit(0)
	}()
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	// LOCAL_ONLY keeps a laptop's functions off the network.
	host := ""
	if os.Getenv("LOCAL_ONLY") == "true" {
		host = "127.0.0.1"
	}
	if err := funcframework.StartHostPort(host, port); err != nil {
		fmt.Fprintf(os.Stderr, "cannot serve at port %s: %v; set PORT to a free one\n", port, err)
		shutdown()
		os.Exit(1)
	}
}
