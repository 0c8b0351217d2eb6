// Package annotatetest is a Vision for tests that answers over real gRPC, in
// this process, what it is told to.
package annotatetest

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"google.golang.org/grpc"
)

// Answer says what Vision answers to a call.
type Answer func(context.Context, *visionpb.BatchAnnotateImagesRequest) (*visionpb.BatchAnnotateImagesResponse, error)

// Stub is a running server.
type Stub struct {
	visionpb.UnimplementedImageAnnotatorServer
	Addr        string // host:port
	answer      Answer
	connections atomic.Int64
	calls       atomic.Int64
}

// Start serves until the test ends.
func Start(tb testing.TB, answer Answer) *Stub {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Stub{Addr: l.Addr().String(), answer: answer}
	g := grpc.NewServer(grpc.MaxRecvMsgSize(64 << 20))
	visionpb.RegisterImageAnnotatorServer(g, s)
	served := make(chan error, 1)
	go func() { served <- g.Serve(counting{l, s}) }()
	tb.Cleanup(func() {
		g.Stop()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	return s
}

// Connections is how many were made to it so far.
func (s *Stub) Connections() int { return int(s.connections.Load()) }

// Calls is how many came in so far.
func (s *Stub) Calls() int { return int(s.calls.Load()) }

// BatchAnnotateImages implements the service.
func (s *Stub) BatchAnnotateImages(ctx context.Context, r *visionpb.BatchAnnotateImagesRequest) (*visionpb.BatchAnnotateImagesResponse, error) {
	s.calls.Add(1)
	return s.answer(ctx, r)
}

type counting struct {
	net.Listener
	stub *Stub
}

func (l counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.stub.connections.Add(1)
	}
	return c, err
}

// Text answers each image with an annotation.
func Text(r *visionpb.BatchAnnotateImagesRequest, a *visionpb.TextAnnotation) *visionpb.BatchAnnotateImagesResponse {
	out := &visionpb.BatchAnnotateImagesResponse{}
	for range r.Requests {
		out.Responses = append(out.Responses, &visionpb.AnnotateImageResponse{FullTextAnnotation: a})
	}
	return out
}
