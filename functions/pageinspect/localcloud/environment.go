package localcloud

import "strings"

// environment is what a function's process is given: the shell's, without the
// functions' own settings, and set. A MAX_ATTEMPTS or KAFKA_BROKERS that is there
// for something else must not change what a local run does. CHROME_PATH, OTEL_*
// and GOOGLE_CLOUD_PROJECT pass, and so does what profiles may refer to.
func environment(shell, set []string) []string {
	out := make([]string, 0, len(shell)+len(set))
	for _, v := range shell {
		if name, _, _ := strings.Cut(v, "="); !setting(name) {
			out = append(out, v)
		}
	}
	return append(out, set...)
}

func setting(name string) bool {
	for _, prefix := range []string{"KAFKA_", "CAPTURE_", "VISION_", "FUNCTION_", "K_", "DESK_", "NOTICE_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "CLOUD_RUN_TIMEOUT_SECONDS", "EVIDENCE_KEY", "IAP_AUDIENCE", "LEASE_TTL", "LOCAL_ONLY", "MAX_ATTEMPTS", "PORT", "PROFILES", "RULES", "STORAGE_EMULATOR_HOST", "TIMESTAMP_URL":
		return true
	}
	return strings.HasSuffix(name, "_TOPIC") || strings.HasSuffix(name, "_BUCKET")
}
