// Package localvision stands in for Google Vision on one's own machine: a gRPC
// server in this process that implements google.cloud.vision.v1.ImageAnnotator
// with Tesseract. The production client talks to it unchanged, told another
// endpoint, no authentication and insecure transport credentials.
//
// # What it promises
//
// It refuses what Vision refuses, with Vision's status codes and, where they are
// known, its words: more than 16 images or 10 MB in a call fail the call; an image that
// is missing, cannot be decoded or is too large fails alone, as an error in its
// own response, and the other images of the call succeed. It reads gs:// objects
// through Config.Open and fetches nothing from anywhere else.
//
// It answers DOCUMENT_TEXT_DETECTION and TEXT_DETECTION alike. To
// SAFE_SEARCH_DETECTION it answers Likelihood UNKNOWN throughout, since Tesseract sees no
// more than text; any other feature is an error in the image's response.
//
// A call that is cancelled takes its Tesseract processes with it, and has
// none left when it returns. Nothing is put on disk. At most Config.Workers
// images are held and at most as many processes run at a time, over all calls.
//
// How it reads is told in the package reader, and how well in the package accuracy.
package localvision

import (
	"context"
	"log/slog"
	"net"
	"runtime"
	"sync"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"google.golang.org/grpc"

	"github.com/pageinspect/pageinspect/recognize/localvision/reader"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/loopback"
)

// Config says how the stand-in runs. The zero value works; it reads no gs:// objects.
type Config struct {
	Addr      string                                                  // host:port to listen on; 127.0.0.1:0 if empty
	Open      func(ctx context.Context, gsURI string) ([]byte, error) // reads an object of the local storage; store.ErrNotExist or fs.ErrNotExist if there is none
	Workers   int                                                     // images and Tesseract processes at a time; one for each core if 0
	Tesseract string                                                  // path of the program; looked up on the PATH if empty
}

// Server is a running stand-in.
type Server struct {
	grpc     *grpc.Server
	listener net.Listener
	served   chan error
	close    sync.Once
	closeErr error
}

// maxMessage is the largest request the server takes in, bytes. It lies above Vision's own limit,
// so that a request over that limit is refused as Vision does it and not by the transport.
const maxMessage = 64 << 20

// Check says whether this machine can run the stand-in: it fails if Tesseract or
// its Hangul script data is missing, and names the packages and the command that install them.
func Check(ctx context.Context) error {
	_, err := reader.New(ctx, "", 1)
	return err
}

// Start checks for Tesseract and serves until Close. It warns where Tesseract lacks data that it reads better with.
func Start(cfg Config) (*Server, error) {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Workers == 0 {
		cfg.Workers = runtime.NumCPU()
	}
	if cfg.Workers < 0 {
		return nil, fault.New(fault.Invalid, "start the local Vision: %d workers; give 1 or more, or 0 for one a core", cfg.Workers)
	}
	tesseract, err := reader.New(context.Background(), cfg.Tesseract, cfg.Workers)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "start the local Vision")
	}
	if lacks := tesseract.Lacks(); lacks != "" {
		slog.Warn(lacks)
	}
	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "start the local Vision on %s", cfg.Addr)
	}
	s := &Server{
		grpc:     grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.WaitForHandlers(true)),
		listener: listener,
		served:   make(chan error, 1),
	}
	visionpb.RegisterImageAnnotatorServer(s.grpc, &annotator{
		reader: tesseract,
		open:   cfg.Open,
		images: make(chan struct{}, cfg.Workers),
	})
	go func() { s.served <- s.grpc.Serve(listener) }()
	return s, nil
}

// Addr is the host and port that the server listens on.
func (s *Server) Addr() string { return loopback.Reached(s.listener.Addr()).String() }

// Close cancels the calls under way, waits until they and their processes are
// gone, and stops. Closing again returns the same.
func (s *Server) Close() error {
	s.close.Do(func() {
		s.grpc.Stop()
		s.closeErr = fault.Wrap(fault.Internal, <-s.served, "serve the local Vision")
	})
	return s.closeErr
}
