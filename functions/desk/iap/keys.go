package iap

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// GoogleKeys is where the proxy publishes its keys.
const GoogleKeys = "https://www.gstatic.com/iap/verify/public_key-jwk"

const (
	// fresh is how long keys are used before they are asked for again. The proxy
	// publishes a new one long before it signs with it.
	fresh = time.Hour
	// again is how often they are asked for at most: tokens with keys of somebody's
	// invention make no traffic.
	again    = time.Minute
	maxKeys  = 1 << 20 // bytes
	keysTime = 5 * time.Second
)

// Keys are the proxy's keys, asked for when they are needed. Those that were had
// are good while no others can be had. It is safe for concurrent use.
type Keys struct {
	URL    string
	Client *http.Client

	mu    sync.Mutex
	keys  jose.JSONWebKeySet
	had   time.Time // when keys came
	asked time.Time // when they were asked for
	err   error     // of the last asking
}

// key is the key of an id.
func (k *Keys) key(ctx context.Context, id string, now time.Time) (*jose.JSONWebKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	found := k.keys.Key(id)
	if (len(found) == 0 || now.Sub(k.had) > fresh) && now.Sub(k.asked) >= again {
		k.asked = now
		if k.err = k.ask(ctx, now); k.err == nil {
			found = k.keys.Key(id)
		}
	}
	for i := range found {
		if found[i].Valid() && found[i].IsPublic() {
			return &found[i], nil
		}
	}
	if k.err != nil {
		return nil, fault.Wrap(fault.Transient, k.err, "the keys of Identity-Aware Proxy")
	}
	return nil, fault.New(fault.Blocked, "%s: is signed with no key of the proxy's", Header)
}

func (k *Keys) ask(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, keysTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.URL, nil)
	if err != nil {
		return err
	}
	res, err := k.Client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fault.New(fault.Transient, "%s answered %s", k.URL, res.Status)
	}
	var keys jose.JSONWebKeySet
	if err := json.NewDecoder(io.LimitReader(res.Body, maxKeys)).Decode(&keys); err != nil {
		return fault.Wrap(fault.Transient, err, "%s", k.URL)
	}
	if len(keys.Keys) == 0 {
		return fault.New(fault.Transient, "%s has no keys", k.URL)
	}
	k.keys, k.had = keys, now
	return nil
}
