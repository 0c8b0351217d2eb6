package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/pageinspect/pageinspect/functions/pageinspect/plan"
	"github.com/spf13/cobra"
)

func planCommand() *cobra.Command {
	load := plan.Load{Within: 24 * time.Hour}
	var profile string
	var asJSON bool
	c := &cobra.Command{
		Use:   "plan --pages N [--per-day] [flags]",
		Short: "Say what so many pages need in the cloud, and cost",
		Long: `Compute instances, partitions, Vision's quota and cost for a number of pages,
once or every day, from a measured profile and Google's published prices.

The bundled profile was measured on the bundled sample pages, served by the same
machine: real sites are slower, and --page-seconds says how slow (see the
dashboard's "Time a page takes"). Longer pages have more tiles: measure yours
with "make profile", and give the file with --profile.`,
		Example: "  pageinspect plan --pages 10000\n  pageinspect plan --pages 10000000 --per-day --page-seconds 12 --tier 2",
		Args:    cobra.NoArgs,
		PreRun:  func(c *cobra.Command, _ []string) { atOnce(c) },
		RunE: func(c *cobra.Command, _ []string) error {
			if err := load.Validate(); err != nil {
				return err
			}
			m := plan.Bundled()
			if profile != "" {
				var err error
				if m, err = plan.Read(profile); err != nil {
					return err
				}
			}
			prices := plan.Published()
			p := plan.Make(m, prices, load)
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(p)
			}
			printPlan(c.OutOrStdout(), m, prices, load, p)
			return nil
		},
	}
	f := c.Flags()
	f.Float64Var(&load.Pages, "pages", 0, "how many pages")
	f.BoolVar(&load.PerDay, "per-day", false, "so many come every day, twice as many as on average in the busiest hour")
	f.DurationVar(&load.Within, "within", load.Within, "time for all of them, where they come once")
	f.Float64Var(&load.PageSeconds, "page-seconds", 0, "seconds that a page of yours takes to capture; 0: the profile's")
	f.Float64Var(&load.Reused, "reused", 0, "share of tiles that were read before and have not changed, 0 to 1")
	f.IntVar(&load.Tier, "tier", 1, "price tier of the region: 1, or 2 such as Seoul (asia-northeast3)")
	f.StringVar(&profile, "profile", "", "a measured profile (JSON); empty: the bundled one")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	c.MarkFlagRequired("pages") //nolint:errcheck // the flag is there
	return c
}

func printPlan(w io.Writer, m plan.Profile, prices plan.Prices, l plan.Load, p plan.Plan) {
	when := "a day"
	if !l.PerDay {
		when = "within " + strings.TrimSuffix(l.Within.String(), "0m0s")
	}
	quota := "within a new project's 1,800"
	if p.RaiseQuota {
		quota = "a new project has 1,800: ask for more"
	}
	t := newTable(map[int]int{1: 30, 3: 60})
	t.SetTitle("%.0f pages %s, %.1f a second at the busiest", l.Pages, when, p.PagesPerSecond)
	t.row("capture.max_instances", p.CaptureInstances, fmt.Sprintf("%.0f vCPU, %.0f GiB, %.0f pages at once",
		plan.CaptureInstance.CPU, plan.CaptureInstance.GiB, plan.CaptureInstance.AtOnce))
	t.row("recognize.max_instances", p.RecognizeInstances, fmt.Sprintf("%.0f vCPU, %.0f GiB, %.0f pages at once",
		plan.RecognizeInstance.CPU, plan.RecognizeInstance.GiB, plan.RecognizeInstance.AtOnce))
	t.row("kafka.partitions, sink tasks", p.Partitions,
		fmt.Sprintf("as many as are captured at a time (%d); with the Pub/Sub route 12 do", p.InFlight))
	t.row("recognize.images_per_minute", p.ImagesPerMinute, quota)
	t.right = []int{2}
	t.print(w)

	t = newTable(map[int]int{1: 50, 3: 20}, "for", "a page", "", "$ per 10,000 pages")
	t.right = []int{2, 4}
	for _, c := range p.Costs {
		t.row(c.For, fmt.Sprintf("%.2f", c.Amount), c.Unit, fmt.Sprintf("%.2f", c.Per10k))
	}
	t.AppendFooter(table.Row{"all", "", "", fmt.Sprintf("%.2f", p.Per10k)})
	t.print(w)
	total := "in all"
	if l.PerDay {
		total = "a day"
	}
	fmt.Fprintf(w, "%.2f dollars %s. Not counted: Kafka, Pub/Sub, taxes, discounts, a collector.\n", p.Dollars, total)
	fmt.Fprintf(w, "Profile: %s, %s; %d pages of %.0f px and %.1f tiles. Prices: list, tier %d, %s.\n", m.MeasuredAt, m.Machine,
		m.Pages, m.Height, m.Tiles, l.Tier, prices.AsOf)
}
