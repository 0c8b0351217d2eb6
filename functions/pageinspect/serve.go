package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/spf13/cobra"
)

func serveCommand() *cobra.Command {
	cfg := localcloud.Config{}
	var quiet bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Keep a local cloud up: Kafka, storage, Vision and both functions",
		Long: `Keep a local cloud up until it is interrupted. Every part that production has
is there, and prints its address; "pageinspect submit" feeds it.

Its state is in one directory: stop it or kill it at any moment, start it
again, and the work goes on. Delete the directory to begin anew.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !quiet {
				cfg.LogTo = c.ErrOrStderr()
			}
			return serve(c, cfg)
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Dir, "state", ".pageinspect", "directory for everything that must survive")
	f.StringVar(&cfg.Kafka, "kafka", defaultKafka, "address of the Kafka broker")
	f.StringVar(&cfg.Storage, "storage", defaultStorage, "address of the object store")
	f.StringVar(&cfg.Vision, "vision", defaultVision, "address of the Vision stand-in")
	f.StringVar(&cfg.Capture, "capture", defaultCapture, "address of the Capture function")
	f.StringVar(&cfg.Recognize, "recognize", defaultRecognize, "address of the Recognize function")
	f.BoolVar(&quiet, "quiet", false, "do not print the functions' logs")
	addCloudFlags(c, &cfg)
	return c
}

// addCloudFlags are those that run and serve share.
func addCloudFlags(c *cobra.Command, cfg *localcloud.Config) {
	c.Flags().StringSliceVar(&cfg.Rules, "rules", nil, "rule pack files or folders, beside the bundled packs")
	c.Flags().StringVar(&cfg.Profiles, "profiles", os.Getenv("PROFILES"), "file of capture profiles, before the bundled ones (PROFILES)")
	c.Flags().StringSliceVar(&cfg.Allow, "allow", nil, "private addresses that every page may visit, such as 127.0.0.1:8000 or 10.0.0.0/8")
	c.Flags().IntVar(&cfg.Tabs, "tabs", 2, "pages to capture at once")
	c.Flags().DurationVar(&cfg.Timeout, "timeout", 0, "time allowed for each function call (default 9m0s)")
}

func serve(c *cobra.Command, cfg localcloud.Config) error {
	programs, err := localcloud.FindPrograms()
	if err != nil {
		return err
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return fault.New(fault.Internal, "%v; choose another directory with --state", err)
	}
	if err := absolute(&cfg); err != nil {
		return err
	}
	cfg.Programs, cfg.Log = programs, logger(c.Context(), c.ErrOrStderr())
	cloud, err := localcloud.Start(c.Context(), cfg)
	if err != nil {
		return err
	}
	defer cloud.Close()
	printAddresses(c.OutOrStdout(), cloud.Addresses, cfg.Dir)
	select {
	case <-c.Context().Done():
		fmt.Fprintln(c.ErrOrStderr(), "stopping; what is under way goes on at the next start")
		return nil
	case err := <-cloud.Failed():
		return err
	}
}

// absolute makes the paths that the functions' processes are given independent of where they run.
func absolute(cfg *localcloud.Config) error {
	paths := []*string{}
	if cfg.Profiles != "" {
		paths = append(paths, &cfg.Profiles)
	}
	for i := range cfg.Rules {
		paths = append(paths, &cfg.Rules[i])
	}
	for _, p := range paths {
		if _, err := os.Stat(*p); err != nil {
			return fault.New(fault.Invalid, "%v", err)
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = abs
	}
	return nil
}

func printAddresses(w io.Writer, a localcloud.Addresses, dir string) {
	fmt.Fprintf(w, `The local cloud is up. Its state is in %s
  Kafka      %-22s topics %s, %s, %s, %s
  storage    %-22s http://%s/storage/v1/b/%s/o
  Vision     %-22s gRPC, on Tesseract
  Capture    http://%s/
  Recognize  http://%s/
Feed it:     pageinspect submit https://…
Look:        pageinspect status, pageinspect results, pageinspect desk; reports are at http://%s/%s/ID/report.html
For other programs:
  export KAFKA_BROKERS=%s STORAGE_EMULATOR_HOST=%s VISION_EMULATOR_HOST=%s
`, dir, a.Kafka, localcloud.RequestsTopic, localcloud.ResultsTopic, localcloud.ErrorsTopic, localcloud.DecisionsTopic,
		a.Storage, a.Storage, localcloud.Results, a.Vision, a.Capture, a.Recognize, a.Storage, localcloud.Results, a.Kafka, a.Storage, a.Vision)
}
