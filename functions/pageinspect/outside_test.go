//go:build kafka

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// system is an outside one that is told of results, and refuses each so many times.
type system struct {
	*httptest.Server
	mu       sync.Mutex
	all      map[string][]post // by path and id
	accepted chan struct{}     // closed and made anew at each
}

type post struct {
	authorization, contentType string
	body                       []byte
}

func newSystem(t *testing.T, refusals int) *system {
	s := &system{all: map[string][]post{}, accepted: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		var told struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(b, &told); err != nil {
			t.Errorf("the system was told %q: %v", b, err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		key := r.URL.Path + " " + told.ID
		s.all[key] = append(s.all[key], post{r.Header.Get("Authorization"), r.Header.Get("Content-Type"), b})
		if len(s.all[key]) <= refusals {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		close(s.accepted)
		s.accepted = make(chan struct{})
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *system) posts(path, id string) []post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[path+" "+id]
}

// awaitAccepted returns all posts of a result once it was accepted.
func (s *system) awaitAccepted(t *testing.T, id string) []post {
	t.Helper()
	late := time.After(2 * time.Minute)
	for {
		s.mu.Lock()
		posts, next := s.all["/ "+id], s.accepted
		s.mu.Unlock()
		if len(posts) > 2 {
			return posts
		}
		select {
		case <-next:
		case <-late:
			t.Fatalf("the system has not accepted %s after two minutes; it was posted %d times", id, len(posts))
		}
	}
}
