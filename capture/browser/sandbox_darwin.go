package browser

// noSandbox has no reason to give: on macOS Chromium's processes shut themselves
// in (Seatbelt), whoever the user is.
func noSandbox() string { return "" }
