package recognize

import "testing"

// TestWhereObjectsAreSeen: in Cloud Storage by a person's own sign-in, in a
// stand-in where it listens, and in a stored report without naming its host.
func TestWhereObjectsAreSeen(t *testing.T) {
	const uri = "gs://shots/상품 1/a%2Fb/000.jpg"
	const path = "/shots/%EC%83%81%ED%92%88%201/a%252Fb/000.jpg"
	for _, c := range []struct{ got, want string }{
		{ConsoleURL(uri), "https://storage.cloud.google.com" + path},
		{ObjectURL("")(uri), "https://storage.cloud.google.com" + path},
		{TileURL("")(uri), "https://storage.cloud.google.com" + path},
		{ObjectURL("127.0.0.1:4443")(uri), "http://127.0.0.1:4443" + path},
		{ObjectURL("http://127.0.0.1:4443/")(uri), "http://127.0.0.1:4443" + path},
		{TileURL("127.0.0.1:4443")(uri), path},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}
