package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// report is what a node's status page shows at /status.
type report struct {
	Replica  uint32   `json:"replica"`
	View     uint64   `json:"view"`
	Target   uint64   `json:"target"`
	Primary  uint32   `json:"primary"`
	Decided  uint64   `json:"decided"`
	Executed uint64   `json:"executed"`
	Stable   uint64   `json:"stable"`
	Requests uint64   `json:"requests"`
	Pending  int      `json:"pending"`
	Prepares uint64   `json:"prepares"`
	Commits  uint64   `json:"commits"`
	Timeout  string   `json:"timeout"`
	Waiting  string   `json:"waiting"`
	Links    int      `json:"links"`
	StateSeq uint64   `json:"state_seq"`
	State    string   `json:"state"`
	Evidence []string `json:"evidence"` // hex, package wire's encoding
	Error    string   `json:"error,omitempty"`
}

// sameState reports whether two replicas have executed equally many blocks and have
// the same newest checkpoint.
func (r *report) sameState(o *report) bool {
	return r.Executed == o.Executed && r.StateSeq == o.StateSeq && r.State == o.State
}

func makeReport(ctx context.Context, r *pbft.Replica) report {
	s := r.Status()
	out := report{
		Replica: uint32(s.Replica), View: uint64(s.View), Target: uint64(s.Target), Primary: uint32(s.Primary),
		Decided: uint64(s.Decided.Seq), Executed: uint64(s.Executed), Stable: uint64(s.Stable.Seq), Requests: s.Stats.Requests,
		Pending: s.Pending, Prepares: s.Stats.Prepares, Commits: s.Stats.Commits, Timeout: s.Timeout.String(),
		Waiting: s.Waiting, Evidence: []string{},
	}
	for _, l := range s.Links {
		if l.Connected {
			out.Links++
		}
	}
	if s.Err != nil {
		out.Error = s.Err.Error()
	}
	if seq, digest, err := r.State(ctx); err == nil {
		out.StateSeq, out.State = uint64(seq), hex.EncodeToString(digest[:])
	}
	for _, e := range r.Evidence() {
		if b, err := wire.AppendEvidence(nil, e); err == nil {
			out.Evidence = append(out.Evidence, hex.EncodeToString(b))
		}
	}
	return out
}

// serveAdmin shows a replica's status to this machine only: it is not
// authenticated.
func serveAdmin(addr string, r *pbft.Replica) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("admin %q: want a loopback address such as 127.0.0.1:7700; the page is not authenticated", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(makeReport(req.Context(), r))
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			fmt.Println("admin:", err)
		}
	}()
	return func() {
		_ = srv.Close()
		<-done
	}, nil
}
