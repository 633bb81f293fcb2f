# The targets print themselves: make help. CI runs .ci/run, which is `make check`.

FUZZTIME ?= 10s
SEEDS    ?= 1..10000
SIMTIME  ?= 60s
COUNT    ?= 6
SHELL    := bash -o pipefail

# Tools are built once into a folder named after the versions that tools/go.mod pins.
TOOLS := .bin/$(firstword $(shell cat tools/go.mod tools/go.sum | cksum))

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: check
check: ## everything that CI does
	.ci/run

.PHONY: test
test: ## all tests
	go test ./...

# With -short tests leave out what has one goroutine only and much to try.
.PHONY: race
race: ## the packages that have goroutines, under the race detector
	go test -race -short $$(go list ./... | grep -E '$(RACY)')
	go test -race -run Campaign ./adversary/sim

# The tests of known worlds: each attack of the catalogue, each world that once failed, a crash after each effect.
PLAYED := TestHonestEngine|TestReplays|TestSweep

.PHONY: adversary
adversary: ## SEEDS (1..10000), known attacks, replays, a crash everywhere, bugs that must fall
	@start=$$SECONDS; set -e; \
	out=$$(go run ./cmd/twothirds hunt --seeds $(SEEDS)) || { echo "$$out"; exit 1; }; echo "$$out"; \
	if grep -q '^never reached' <<<"$$out"; then exit 1; fi; \
	go test -run '^($(PLAYED))$$' ./adversary/attack ./adversary/sim; \
	go run -tags twothirds_bug ./cmd/twothirds score --quick; \
	echo "the adversary took $$((SECONDS - start)) s on $$(nproc) cores"

.PHONY: compare
compare: ## ours beside CometBFT and etcd's raft, interleaved; ARGS="--rounds 3 --for 10s"
	go run -C benchmarks/compare . $(ARGS)

.PHONY: probe
probe: ## ours beside a bare program that never changes, in turns; ARGS="-rounds 9 -for 5s"
	go run ./benchmarks/probe $(ARGS)

.PHONY: budgets
budgets: ## lower the budgets of benchmarks/budget to what is spent now
	go test ./benchmarks/budget -run Budget -rewrite

.PHONY: sim
sim: ## search for bugs in simulated worlds for SIMTIME (60s)
	go run ./cmd/twothirds hunt --for $(SIMTIME)

.PHONY: score
score: ## which seeded bugs are found, the easy ones and a sample
	go run -tags twothirds_bug ./cmd/twothirds score --quick

SCORE = go run -tags twothirds_bug ./cmd/twothirds score --missing --add docs/score.json

.PHONY: score-full
score-full: ## each strategy against each bug, into docs/: most of an hour of two cores, on top of what is there
	-$(SCORE) --first-kill --cpu 10s --shrink 15s --strategies medley,novelty,random,logs,sweep,attacks,floods,edges,swarm,twins,mutate,exhaustive >/dev/null
	-$(SCORE) --first-kill --cpu 60s --shrink 15s --strategies swarm,medley,attacks,edges,exhaustive >/dev/null
	-$(SCORE) --cpu 2s >/dev/null
	$(SCORE) --bugs none --cpu 40s --worlds 100000 --doc docs/score.md >/dev/null

.PHONY: figures
figures: ## what the harness reaches, measured on one core and read from docs/score.json
	go run ./cmd/twothirds score figures

.PHONY: exhaust
exhaust: ## everything that can happen in a small world
	go run ./cmd/twothirds exhaust

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (10s)
	@git grep -oE '^func Fuzz[A-Za-z0-9_]*' -- '*_test.go' ':!tools' ':!benchmarks/compare' | \
	while IFS=: read -r file target; do \
		echo "--- $${target#func } in $$(dirname $$file)"; \
		go test -run '^$$' -fuzz "^$${target#func }$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x ./$$(dirname $$file) || exit 1; \
	done

.PHONY: bench
bench: $(TOOLS)/benchstat ## run the benchmarks COUNT (6) times and summarise them
	go test -run '^$$' -bench . -benchmem -count $(COUNT) ./... | tee bench.txt
	$< bench.txt

.PHONY: generate
generate: ## regenerate what is generated from proto/
	go generate ./...

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## linters, then the house rules
	$< run ./...
	go test ./internal/lint

.PHONY: cover
cover: ## coverage of all tests, in total and as coverage.html
	go test -coverpkg ./... -coverprofile coverage.out ./...
	go tool cover -html coverage.out -o coverage.html
	go tool cover -func coverage.out | tail -n 1

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## format all Go files
	$< fmt

# Packages whose tests are worth the race detector's price: those with goroutines.
RACY := /twothirds(/pbft|/pbft/verify|/transport(/.*)?|/storage(/.*)?|/client|/clock|/crypto(/.*)?|/cmd/.*)$$

# Any tool of tools/go.mod by its name, as $(TOOLS)/benchstat. Those of other versions go.
$(TOOLS)/%: tools/go.mod tools/go.sum
	@find .bin -mindepth 1 -maxdepth 1 ! -name $(@D:.bin/%=%) -exec rm -r {} + 2>/dev/null || true
	go build -C tools -o $(CURDIR)/$@ $$(go list -C tools tool | grep '/$*$$')
