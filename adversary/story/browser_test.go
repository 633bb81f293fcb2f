package story_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/story"
)

// browser is a headless browser that notes what a page complains of and what it loads.
type browser struct {
	ctx        context.Context
	mu         sync.Mutex
	complaints []string
	loads      []string
}

// chromium starts a browser, or skips the test where there is none, but not in CI.
func chromium(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no chromium here, and CI needs one")
		}
		t.Skip("there is no chromium here")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, b.note))
	call(t, b, network.Enable, network.EnableParams{})
	call(t, b, cdplog.Enable, cdp.Empty{})
	call(t, b, runtime.Enable, cdp.Empty{})
	return b
}

// call runs one command of the browser's protocol.
func call[P, R any](t *testing.T, b *browser, cmd cdp.Command[P, R], params P) {
	t.Helper()
	_, err := chromedp.Call(b.ctx, cmd, params)
	require.NoError(t, err)
}

func (b *browser) note(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, string(ev.Type))
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, ev.ExceptionDetails.Text)
	case *cdplog.EventEntryAdded:
		b.complaints = append(b.complaints, ev.Entry.Text)
	case *network.EventRequestWillBeSent:
		b.loads = append(b.loads, ev.Request.URL)
	}
}

func (b *browser) run(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(b.ctx, actions...))
}

// screen sets the size of the window.
func (b *browser) screen(t *testing.T, width, height int64, phone bool) {
	t.Helper()
	call(t, b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: phone,
	})
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, b *browser, js string) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js))
	require.NoError(t, err)
	return v
}

// screenshot keeps a picture of the page where TWOTHIRDS_SCREENSHOTS names a folder.
func (b *browser) screenshot(t *testing.T, name string) {
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(t, err)
	require.NotEmpty(t, png)
	if dir := os.Getenv("TWOTHIRDS_SCREENSHOTS"); dir != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600))
	}
}

func TestPageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	b := chromium(t)
	file := filepath.Join(t.TempDir(), "story.html")
	f, err := os.Create(file)
	require.NoError(t, err)
	require.NoError(t, story.New(fork(), entering(2)).HTML(f))
	require.NoError(t, f.Close())

	b.screen(t, 1400, 1000, false)
	b.run(t, chromedp.Navigate("file://"+file), chromedp.WaitReady(chromedp.CSS("#tip")))
	require.Equal(t, []string{"file://" + file}, b.loads, "it loads itself and nothing else")
	require.Equal(t, float64(5), ask[float64](t, b, `document.querySelectorAll(".head").length`), "lanes")
	require.Greater(t, ask[float64](t, b, `document.querySelectorAll(".msg").length`), 40.0, "messages")
	require.Greater(t, ask[float64](t, b, `document.querySelectorAll(".msg.lie").length`), 2.0)
	require.Contains(t, ask[string](t, b, `document.querySelector("#violation").textContent`), `"never" broken at`)
	require.Contains(t, ask[string](t, b, `document.querySelector("#headline").innerText`), "replica 2 went too far")
	require.Equal(t, "rgb(196, 32, 43)", ask[string](t, b, `getComputedStyle(document.querySelector(".msg.lie line:not(.hit)")).stroke`), "lies are red")
	b.details(t)
	b.filters(t)
	b.screenshot(t, "desktop")

	b.screen(t, 390, 844, true)
	b.run(t, chromedp.Reload(), chromedp.WaitReady(chromedp.CSS("#tip")))
	require.LessOrEqual(t, ask[float64](t, b, `document.documentElement.scrollWidth`), 390.0, "nothing is wider than a phone")
	b.screenshot(t, "phone")

	b.screen(t, 1400, 1000, false)
	dark := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: dark})
	require.Equal(t, "rgb(20, 23, 27)", ask[string](t, b, `getComputedStyle(document.body).backgroundColor`))
	b.screenshot(t, "dark")
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	require.Equal(t, "none", ask[string](t, b, `getComputedStyle(document.querySelector(".tools")).display`))
	require.Empty(t, b.complaints)
}

// details points at a lie, with the mouse and with the keyboard.
func (b *browser) details(t *testing.T) {
	t.Helper()
	at := ask[[]float64](t, b, `(function () {
		var hit = document.querySelector(".msg.lie.m-PREPARE .hit"), box = hit.getBoundingClientRect();
		return [box.left + box.width / 2, box.top + box.height / 2];
	})()`)
	b.run(t, chromedp.MouseEvent("mouseMoved", at[0], at[1]))
	require.True(t, ask[bool](t, b, `!document.querySelector("#tip").hidden`))
	require.Contains(t, ask[string](t, b, `document.querySelector("#tip").textContent`), "replica 0")
	b.run(t, chromedp.Focus(chromedp.CSS(".msg.lie.m-PREPARE")))
	require.Contains(t, ask[string](t, b, `document.querySelector("#tip").textContent`), "a lie: voted for 1a in this view before")
	require.Positive(t, ask[float64](t, b, `document.querySelectorAll(".step.lit").length`), "its step is marked too")
	b.run(t, chromedp.KeyEvent("\u001b"))
	require.True(t, ask[bool](t, b, `document.querySelector("#tip").hidden`))
}

// filters hides a kind and shows it again, zooms, and goes to the violation.
func (b *browser) filters(t *testing.T) {
	t.Helper()
	shown := func(kind string) bool {
		return ask[string](t, b, fmt.Sprintf(`getComputedStyle(document.querySelector(".m-%s")).display`, kind)) != "none"
	}
	require.True(t, shown("PREPARE"))
	b.run(t, chromedp.Click(chromedp.CSS(`.kind[data-kind="PREPARE"]`)))
	require.False(t, shown("PREPARE"))
	require.True(t, shown("PRE-PREPARE"))
	b.run(t, chromedp.Click(chromedp.CSS(`.kind[data-kind="PREPARE"]`)))
	require.True(t, shown("PREPARE"))

	width := func() float64 { return ask[float64](t, b, `document.querySelector(".scroll svg").clientWidth`) }
	before := width()
	b.run(t, chromedp.Click(chromedp.CSS(`[data-zoom="1"]`)))
	require.InDelta(t, 1.25*before, width(), 2)
	b.run(t, chromedp.Click(chromedp.CSS(`[data-zoom="0"]`)))
	require.InDelta(t, before, width(), 2)
	b.run(t, chromedp.Click(chromedp.CSS("#jump")))
	require.Positive(t, ask[float64](t, b, `document.querySelector(".scroll").scrollTop`))
	b.run(t, chromedp.Evaluate[chromedp.Void](`document.querySelector(".scroll").scrollTop = 0`))
	require.NotContains(t, ask[string](t, b, `document.querySelector("[data-zoom='0']").textContent`), "NaN")
}
