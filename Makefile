# Two targets do everything on a fresh Debian or Ubuntu machine with Go:
# `make run` inspects pages, `make test` passes the tests.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run desk screenshots reviewer serve build test quick race race-all vuln check deps accuracy catalogue bench peers axe chaos tall same test-kafka fuzz images terraform-test profile release release-check release-systems clean

GO ?= go
TESTFLAGS ?=
FUZZTIME ?= 20s
IMAGES ?= pageinspect
# The packages whose tests, by what they import, take neither browser nor Tesseract.
NEITHER = $(shell $(GO) list -test -f '{{.ImportPath}}{{range .Deps}} {{.}}{{end}}' ./... | \
  awk '$$1 ~ /\.test$$/ && !/ github.com\/chromedp\/chromedp|\/recognize\/localvision( |$$)/ {sub(/\.test$$/, "", $$1); print $$1}')
CONTAINERS ?= $(shell command -v docker || command -v podman)

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## inspect pages: the bundled samples, or URL="https://… https://…"; FLAGS="--category cosmetics"
	@bin/pageinspect run $(FLAGS) $(URL); code=$$?; \
	  if [ $$code -gt 1 ]; then exit $$code; fi # findings are what it is for, not a failure of make

desk: build ## look at the bundled samples at the desk, in a browser; FLAGS="--open --port 8090"
	@bin/pageinspect desk --samples $(FLAGS); code=$$?; [ $$code = 130 ] || exit $$code # an interrupt is how it ends

serve: build ## keep the local cloud up; feed it with bin/pageinspect submit
	bin/pageinspect serve $(FLAGS)

build: deps ## build the programs into bin/
	@$(GO) build -o bin/pageinspect ./functions/pageinspect
	@$(GO) build -o bin/capture ./functions/capture/cmd
	@$(GO) build -o bin/recognize ./functions/recognize/cmd

test: deps ## run every test, with the real browser and Tesseract
	$(GO) test -timeout 20m $(TESTFLAGS) ./...

quick: ## what needs neither browser nor Tesseract, in under a minute: rules, text, storage, Kafka, the command's own parts
	@$(GO) test $(TESTFLAGS) $(NEITHER) ./terraform/connect
	@$(GO) test -short $(TESTFLAGS) ./functions/pageinspect

race: ## the same packages under the race detector, which takes a C compiler
	@command -v $${CC:-gcc} >/dev/null || { echo "the race detector takes a C compiler; type: sudo apt-get install -y gcc libc6-dev"; exit 1; }
	@$(GO) test -race -timeout 20m $(TESTFLAGS) $(NEITHER) ./terraform/connect
	@$(GO) test -race -short $(TESTFLAGS) ./functions/pageinspect

race-all: deps ## every test under the race detector
	$(GO) test -race -timeout 60m $(TESTFLAGS) ./...

# In CI a database that does not answer is a failure: nobody reads a SKIP there.
vuln: ## known vulnerabilities in what is called; SKIP where their database cannot be reached
	@out=$$($(GO) tool govulncheck ./... 2>&1); code=$$?; echo "$$out"; \
	if [ $$code = 1 ] && [ -z "$$CI" ] && grep -q 'fetching vulnerabilities' <<<"$$out"; then \
	  echo "SKIP: the database of vulnerabilities cannot be reached; NOTHING WAS CHECKED"; exit 0; fi; exit $$code

test-kafka: deps ## test on a real Apache Kafka (or KAFKA_BROKERS) and Kafka Connect, which Maven brings
	@command -v mvn >/dev/null || { echo "Maven is missing; type: sudo apt-get install -y maven default-jre-headless"; exit 1; }
	$(GO) test -tags kafka -count 1 -p 1 -timeout 15m -v -run '^TestApacheKafka' $(TESTFLAGS) ./shared/topic ./terraform/connect ./functions/pageinspect

check: ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "gofmt would change these; run gofmt -w ."; exit 1; }
	$(GO) vet -tags kafka,profile,peers,axe ./...
	$(GO) tool staticcheck -tags kafka,profile,peers,axe ./...

bench: deps ## measure: every figure a ratio against a floor in the same run
	$(GO) test -run '^$$' -bench . -benchtime 3x ./...

peers: deps ## photograph pages of real shops' kinds with Puppeteer, too, where Node is: how many are whole, how fast
	$(GO) test -tags peers -count 1 -timeout 10m -run TestPeers -v ./capture/peers

axe: deps ## axe-core, which npm brings, looks at the desk's pages in both languages and themes; SKIP where npm is not
	$(GO) test -tags axe -count 1 -timeout 10m -run Axe -v ./functions/desk/web

PAGES_IN_SHOP ?= 1000
catalogue: deps ## what Vision is paid for in a shop whose pages share pictures, in two rounds, against a grid; PAGES_IN_SHOP=1000
	$(GO) test -count 1 -timeout 120m -v ./functions/pageinspect/catalogue -pages $(PAGES_IN_SHOP)

accuracy: deps ## what the rules find of labelled texts, and how well generated Korean pages, and real ones that apt-get fetches, are read: by the stand-in, or with ACCURACY_ENGINE=vision ACCURACY_BUCKET=… by Google Vision
	$(GO) test -count 1 -run Accuracy -v ./recognize/rules/accuracy -accuracy
	$(GO) test -count 1 -timeout 60m -run 'Accuracy|RulesOnTextsAsRead' -v ./recognize/localvision/accuracy -accuracy

chaos: deps ## PAGES (2000) requests while every part is killed, frozen and made to fail by the schedule of SEED (7)
	CHAOS_PAGES=$(or $(PAGES),2000) CHAOS_SEED=$(or $(SEED),7) KILL_PAGES=50 $(GO) test -count 1 -timeout 90m \
	  -run 'TestChaos|TestServeSurvivesKill' -v ./functions/pageinspect

tall: deps ## capture 200,000 px pages in headless-shell and in chromium, at every scale, and read each 40 px of them
	$(GO) test -count 1 -timeout 60m -run TestTallestPagesInEveryBrowser -v ./capture -all

TIMES ?= 600
same: deps ## capture a page TIMES (600) times, eight at a time: each of its tiles is the same each time
	$(GO) test -count 1 -timeout 60m -run TestEachTileIsTheSame -v ./capture -times $(TIMES)

fuzz: ## fuzz everything that decodes bytes from outside, FUZZTIME each
	@$(GO) list -f '{{.ImportPath}}' ./... | while read p; do \
	  $(GO) test -list '^Fuzz' $$p | grep '^Fuzz' | while read f; do echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$p || exit 1; done || exit 1; done

images: ## build the containers; IMAGES=REGISTRY/REPOSITORY names them, PUSH=1 pushes the functions' and prints their digests
	@tool="$(CONTAINERS)"; [ -n "$$tool" ] || { echo "neither docker nor podman is installed; see https://docs.docker.com/engine/install or https://podman.io"; exit 1; }; \
	$$tool info >/dev/null 2>&1 || { echo "$$tool does not answer; is its service running, and may you use it? $$tool info tells"; exit 1; }; \
	tag=$$(git describe --always --dirty); \
	for f in $(patsubst functions/%/Dockerfile,%,$(wildcard functions/*/Dockerfile)); do \
	  $$tool build -f functions/$$f/Dockerfile -t "$(IMAGES)/$$f:$$tag" . || exit 1; \
	  [ -n "$(PUSH)" ] && [ -d functions/$$f/cmd ] || continue; \
	  $$tool push -q "$(IMAGES)/$$f:$$tag" >/dev/null || exit 1; \
	  echo "$$f = { image = \"$$($$tool inspect --format '{{index .RepoDigests 0}}' "$(IMAGES)/$$f:$$tag")\" }"; \
	done

terraform-test: ## check terraform/ offline; what needs the Google provider is skipped aloud where there is none
	@GO=$(GO) terraform/test.sh

screenshots: deps ## draw the desk's list and page anew, of the samples, into functions/desk
	$(GO) test -count 1 -timeout 15m -run TestScreenshots -v ./functions/pageinspect -screenshots "$(abspath functions/desk)"

reviewer: deps ## a new reviewer's first hour at make desk, in a browser: fifty findings by keyboard, exported, a page inspected again, compared, its evidence verified
	$(GO) test -count 1 -timeout 40m -run TestReviewersFirstHour -v ./functions/pageinspect -reviewer

profile: deps ## measure what a page takes, for pageinspect plan: the samples into plan/profile.json, or URL="https://…" into PROFILE=file
	$(GO) test -tags profile -count 1 -timeout 60m -run TestMeasureProfile -v ./functions/pageinspect -args -measure "$(abspath $(or $(PROFILE),functions/pageinspect/plan/profile.json))" -measure-urls "$(URL)"

release: ## archives for Linux and macOS, with licences, SBOMs, man pages and SHA256SUMS, into bin/release, of the commit that is checked out
	@GO=$(GO) functions/pageinspect/release/release.sh bin/release $(TARGETS)

release-check: ## build one archive of the commit twice, in two folders: the bytes are the same, and nothing is missing
	@GO=$(GO) functions/pageinspect/release/check.sh

release-systems: ## compile the three programs for every system that there is a release of
	@for t in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64; do echo $$t; \
	  CGO_ENABLED=0 GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build ./functions/pageinspect ./functions/capture/cmd ./functions/recognize/cmd || exit 1; done

clean: ## remove what was built and found; .pageinspect, the state of serve, stays
	rm -rf bin out

# What the machine must have. It is installed when it may be; otherwise the
# exact command is said.
deps:
	@need=""; \
	command -v $(GO) >/dev/null || { echo "Go is missing; see https://go.dev/doc/install"; exit 1; }; \
	if [ -n "$$CHROME_PATH" ] || command -v chromium-headless-shell chromium google-chrome >/dev/null; then :; \
	elif apt-cache show chromium-headless-shell >/dev/null 2>&1; then need="$$need chromium-headless-shell"; \
	elif [ -n "$$(apt-cache policy chromium 2>/dev/null | grep Candidate | grep -v none)" ]; then need="$$need chromium"; else need="$$need chromium-headless-shell"; fi; \
	command -v tesseract >/dev/null || need="$$need tesseract-ocr"; \
	find /usr/share/tesseract-ocr /usr/share/tessdata -name Hangul.traineddata 2>/dev/null | grep -q . || need="$$need tesseract-ocr-script-hang"; \
	find /usr/share/tesseract-ocr /usr/share/tessdata -name kor.traineddata 2>/dev/null | grep -q . || need="$$need tesseract-ocr-kor"; \
	find /usr/share/fonts -name 'NanumGothic.ttf' 2>/dev/null | grep -q . || need="$$need fonts-nanum"; \
	find /usr/share/fonts -name 'NotoSansCJK-Regular.ttc' 2>/dev/null | grep -q . || need="$$need fonts-noto-cjk"; \
	[ -z "$$need" ] && exit 0; \
	sudo=""; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	echo "installing:$$need"; \
	if command -v apt-get >/dev/null && $$sudo true 2>/dev/null; then \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$need >/dev/null && exit 0; fi; \
	echo "these packages are missing and could not be installed; type:"; \
	echo "  sudo apt-get update && sudo apt-get install -y$$need"; \
	echo "(Ubuntu has no chromium package of its own: install Google Chrome, or set CHROME_PATH)"; exit 1
