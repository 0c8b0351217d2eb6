package live

import "os/user"

// User is the name that decisions have on a machine of one's own: its user's.
func User() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "somebody"
}
