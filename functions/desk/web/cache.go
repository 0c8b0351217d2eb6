package web

import (
	"container/list"
	"context"
	"sync"

	"golang.org/x/sync/singleflight"
)

// cache keeps what was dear to make, the latest used first, up to a number of
// bytes. It is safe for concurrent use; of several that want the same thing at a time,
// one makes it.
type cache[V any] struct {
	limit  int
	making singleflight.Group

	mu    sync.Mutex
	bytes int
	order list.List // of *cached[V], the latest used in front
	byKey map[string]*list.Element
}

type cached[V any] struct {
	key   string
	value V
	bytes int
}

func newCache[V any](limit int) *cache[V] {
	return &cache[V]{limit: limit, byKey: map[string]*list.Element{}}
}

// get returns what a key has, or has it made, which says how many bytes it takes. One
// that stops waiting ends nothing that others wait for.
func (c *cache[V]) get(ctx context.Context, key string, make func(context.Context) (V, int, error)) (V, error) {
	if v, ok := c.look(key); ok {
		return v, nil
	}
	made := c.making.DoChan(key, func() (any, error) {
		if v, ok := c.look(key); ok { // made since
			return v, nil
		}
		v, bytes, err := make(context.WithoutCancel(ctx))
		if err == nil {
			c.put(key, v, bytes)
		}
		return v, err
	})
	select {
	case r := <-made:
		v, _ := r.Val.(V)
		return v, r.Err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

func (c *cache[V]) look(key string) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return v, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached[V]).value, true
}

func (c *cache[V]) put(key string, v V, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[key]; ok || bytes > c.limit {
		return
	}
	c.byKey[key] = c.order.PushFront(&cached[V]{key, v, bytes})
	for c.bytes += bytes; c.bytes > c.limit; {
		oldest := c.order.Remove(c.order.Back()).(*cached[V])
		delete(c.byKey, oldest.key)
		c.bytes -= oldest.bytes
	}
}
