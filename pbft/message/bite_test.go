//go:build twothirds_bug

package message_test

import (
	"testing"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/internal/bug/bugtest"
)

func TestBite(t *testing.T) {
	bugtest.Bite(t, bug.Message, map[string]string{
		"M01": "TestCertPower",
		"M02": "TestCertPower",
		"M08": "TestSignatureOfOneKindOnly",
		"M09": "TestCheckpointCert",
		"M17": "TestCertPower",
		"M18": "TestOrders",
		"M19": "TestCorruptNewView",
		"M20": "TestJustifyNewView",
		"M21": "TestJustifyNewView",
		"M55": "TestVectors", // kinds differ in length too, so no signature passes for another's
		"M56": "TestSignatureOfOneKindOnly",
		"M57": "TestCorrectReplicaIsNeverConvicted",
		"M60": "TestCorruptCerts",
		"M64": "TestCertBase",
		"M98": "TestMembers",

		"M100": "TestMalformedBundle",
		"M101": "TestParts",
		"M103": "TestBundle",
	})
}
