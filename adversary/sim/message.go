package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Describe renders a message on one line for traces.
func Describe(m message.Message) string {
	k := m.Kind()
	switch m := m.(type) {
	case *message.PrePrepare:
		return fmt.Sprintf("%v view %d %v on %v", k, m.Header.View, m.Point(), m.Parent)
	case *message.Body:
		return fmt.Sprintf("%v view %d seq %d, %d bytes", k, m.Header.View, m.Header.Seq, len(m.Raw))
	case *message.Prepare:
		return fmt.Sprintf("%v view %d base %d %v", k, m.View, m.Base, m.Point())
	case *message.Commit:
		return fmt.Sprintf("%v view %d %v", k, m.View, m.Point())
	case *message.Suspect:
		return fmt.Sprintf("%v view %d decided %d", k, m.View, m.Decided)
	case *message.Leave:
		return fmt.Sprintf("%v to view %d: %d suspects, %d changes, proof %v", k, m.View, len(m.Suspects), len(m.Changes), m.Proof != nil)
	case *message.ViewChange:
		return fmt.Sprintf("%v view %d rank %v %v", k, m.View, m.Rank, m.Chain)
	case *message.NewView:
		if m.Cert == nil {
			return fmt.Sprintf("%v view %d base root", k, m.View)
		}
		return fmt.Sprintf("%v view %d base %v", k, m.View, m.Cert.Point())
	case *message.Checkpoint:
		return fmt.Sprintf("%v %v state %v", k, m.Point(), m.State)
	case *message.PrepareCert:
		return fmt.Sprintf("%v rank %v %v", k, m.Rank(), m.Chain)
	case *message.CommitCert:
		return fmt.Sprintf("%v view %d %v", k, m.View, m.Point())
	case *message.CheckpointCert:
		return fmt.Sprintf("%v %v", k, m.Point())
	case *message.Status:
		return fmt.Sprintf("%v view %d/%d tip %d certified %d decided %d stable %d nonce %d echo %d",
			k, m.Entered, m.Target, m.Tip, m.Certified, m.Decided, m.Stable, m.Nonce, m.Echo)
	case *message.Fetch:
		return fmt.Sprintf("%v from %v to %v bodies %v", k, m.From, m.Want, m.Bodies)
	case *message.Blocks:
		return fmt.Sprintf("%v %d from %v commit %v stable %v prepare %v", k, len(m.Blocks), m.From, m.Commit != nil, m.Stable != nil, m.Prepare != nil)
	case *message.FetchView:
		return fmt.Sprintf("%v %d", k, m.View)
	case *message.Requests:
		return fmt.Sprintf("%v %d", k, len(m.List))
	}
	return k.String()
}
