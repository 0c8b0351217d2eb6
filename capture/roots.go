package capture

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/pageinspect/pageinspect/capture/browser"
)

// findRoots gives our functions the closed shadow roots of the page, which no
// script may ask for and the protocol may: those of a frame, if one is named. It
// says whether there are any.
func (s *shot) findRoots(ctx context.Context, frame cdp.FrameID, doc document) (bool, error) {
	if doc.Hosts == 0 {
		return false, nil
	}
	found := false
	for range 3 { // one in another
		more, err := s.findMoreRoots(ctx, frame)
		if err != nil || !more {
			return found, err
		}
		found = true
	}
	return found, nil
}

func (s *shot) findMoreRoots(ctx context.Context, frame cdp.FrameID) (found bool, err error) {
	hosts, err := s.tab.Objects(ctx, frame, "pageinspect.hosts()")
	if err != nil {
		return false, err
	}
	nodes, asking := make([]dom.DescribeNodeResult, len(hosts)), make([]func() error, len(hosts))
	for i, host := range hosts {
		asking[i] = func() (err error) {
			nodes[i], err = browser.CallHere(ctx, s.tab, dom.DescribeNode, dom.DescribeNodeParams{ObjectID: host})
			if browser.IsProtocol(err) {
				return nil // it is gone
			}
			return err
		}
	}
	if err := browser.Together(asking...); err != nil {
		return false, err
	}
	for _, n := range nodes {
		if n.Node == nil {
			continue
		}
		for _, root := range n.Node.ShadowRoots {
			if root.ShadowRootType != cdp.ShadowRootTypeClosed {
				continue
			}
			if err := s.tab.Give(ctx, frame, "pageinspect.know", root.BackendNodeID); err != nil && !browser.IsProtocol(err) {
				return found, err
			}
			found = true
		}
	}
	return found, nil
}
