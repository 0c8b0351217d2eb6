package terraform_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// address names what an expression refers to, such as google_pubsub_topic.requests,
// module.capture or local.agents; "" for anything else.
func address(t hcl.Traversal) string {
	second := func() string {
		if len(t) < 2 {
			return ""
		}
		attr, _ := t[1].(hcl.TraverseAttr)
		return attr.Name
	}
	switch root := t.RootName(); {
	case strings.HasPrefix(root, "google_"), root == "module", root == "local":
		return root + "." + second()
	}
	return ""
}

// needs is, for everything of the root module, what it refers to.
func needs(c config) map[string][]string {
	out := map[string][]string{}
	refer := func(from string, node hclsyntax.Node) {
		hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics { //nolint:errcheck // returns nothing
			if e, ok := n.(*hclsyntax.ScopeTraversalExpr); ok {
				if to := address(e.Traversal); to != "" && to != from {
					out[from] = append(out[from], to)
				}
			}
			return nil
		})
	}
	for _, b := range c.blocks {
		switch {
		case strings.Contains(b.file, "/"):
		case b.Type == "resource":
			refer(b.name(), b.Body)
		case b.Type == "module":
			refer("module."+b.Labels[0], b.Body)
		case b.Type == "locals":
			for name, a := range b.Body.Attributes {
				refer("local."+name, a.Expr)
			}
		}
	}
	return out
}

// reaches says whether one thing is made after another.
func reaches(needs map[string][]string, from, to string, seen map[string]bool) bool {
	if seen[from] {
		return false
	}
	seen[from] = true
	return slices.ContainsFunc(needs[from], func(n string) bool { return n == to || reaches(needs, n, to, seen) })
}

func after(needs map[string][]string, from, to string) bool {
	return reaches(needs, from, to, map[string]bool{})
}

// In a project in which nothing is switched on yet, each thing waits for its
// service, and whoever uses a right for the right.
func TestOrderOfTheFirstApply(t *testing.T) {
	c := load(t)
	n, made := needs(c), 0
	for _, b := range c.blocks {
		if strings.Contains(b.file, "/") || b.Type != "resource" && b.Type != "module" {
			continue
		}
		name := b.name()
		if b.Type == "module" {
			name = "module." + name
		}
		if made++; name != "google_project_service.used" && !after(n, name, "google_project_service.used") {
			t.Errorf("%s does not wait until its service is switched on", name)
		}
	}
	if made < 40 {
		t.Errorf("only %d things were looked at", made)
	}
	for _, order := range [][2]string{
		{"module.capture", "google_storage_bucket_iam_member.runtime"}, {"module.recognize", "google_storage_bucket_iam_member.runtime"},
		{"module.capture", "google_secret_manager_secret_iam_member.runtime"}, {"module.recognize", "google_secret_manager_secret_iam_member.runtime"},
		{"module.capture", "google_storage_bucket_object.config"}, {"module.recognize", "google_storage_bucket_object.config"},
		{"module.capture", "google_project_iam_member.kafka_client"}, {"module.recognize", "google_project_iam_member.kafka_client"},
		{"module.desk", "google_storage_bucket_iam_member.runtime"}, {"module.desk", "google_secret_manager_secret_iam_member.runtime"},
		{"module.desk", "google_storage_bucket_object.config"}, {"module.desk", "google_project_iam_member.kafka_client"}, {"google_cloud_run_v2_job.recheck", "google_storage_bucket_iam_member.runtime"},
		{"google_cloud_scheduler_job.recheck", "google_cloud_run_v2_job_iam_member.scheduler"},
		{"module.capture_push", "google_service_account_iam_member.push"}, {"module.recognize_push", "google_service_account_iam_member.push"},
		{"google_eventarc_trigger.capture", "google_project_iam_member.eventarc_agent"},
		{"google_eventarc_trigger.recognize", "google_project_iam_member.eventarc_agent"},
		{"google_eventarc_trigger.recognize", "google_project_iam_member.announces_objects"},
		{"google_eventarc_trigger.recognize", "google_project_iam_member.receives_events"},
		{"google_storage_notification.finalized", "google_pubsub_topic_iam_member.finalized"},
		{"google_storage_notification.finalized", "module.recognize_push"},
		{"google_storage_bucket.of", "google_kms_crypto_key_iam_member.agents"},
		{"google_pubsub_topic.requests", "google_kms_crypto_key_iam_member.agents"},
		{"google_bigquery_dataset.pageinspect", "google_kms_crypto_key_iam_member.agents"},
		{"google_managed_kafka_connector.sink", "google_managed_kafka_acl.of"},
		{"google_managed_kafka_connector.sink", "google_pubsub_topic_iam_member.requests"},
		{"google_managed_kafka_connector.sink", "google_pubsub_topic_iam_member.results"},
		{"google_pubsub_subscription.results", "google_bigquery_table_iam_member.writer"},
		{"google_monitoring_alert_policy.of", "google_logging_metric.failures"},
	} {
		if !after(n, order[0], order[1]) {
			t.Errorf("%s does not wait for %s", order[0], order[1])
		}
	}
}

// for_each takes a set or a map. An empty [] beside a set becomes one only where Terraform
// knows the set's type, which it does not if the variable that it is from is null.
func TestForEachOfNothingIsASet(t *testing.T) {
	c, looked := load(t), 0
	for _, b := range append(c.of("resource", ""), c.of("module", "")...) {
		a := b.Body.Attributes["for_each"]
		if a == nil {
			continue
		}
		looked++
		if either, ok := a.Expr.(*hclsyntax.ConditionalExpr); ok {
			for _, e := range []hclsyntax.Expression{either.TrueResult, either.FalseResult} {
				if _, list := e.(*hclsyntax.TupleConsExpr); list {
					t.Errorf("%s: for_each is a list where there is nothing; write toset(CONDITION ? LIST : [])", b.name())
				}
			}
		}
	}
	if looked < 10 {
		t.Errorf("only %d were looked at", looked)
	}
}

// TestTheDeskIsWatched, where there is one: its errors, and its memory, in which its
// index lies, beside the functions'.
func TestTheDeskIsWatched(t *testing.T) {
	c := load(t)
	of := map[string]string{} // the filter's services, by alert
	for _, b := range c.blocks {
		if b.file != "monitoring.tf" || b.Type != "locals" {
			continue
		}
		hclsyntax.VisitAll(b.Body.Attributes["alerts"].Expr, func(node hclsyntax.Node) hcl.Diagnostics { //nolint:errcheck // returns nothing
			object, ok := node.(*hclsyntax.ObjectConsExpr)
			if !ok {
				return nil
			}
			for _, item := range object.Items {
				alert := hcl.ExprAsKeyword(item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr).Wrapped)
				text := string(item.ValueExpr.Range().SliceBytes(c.files[b.file].Bytes))
				if filter := regexp.MustCompile(`filter\s+= "\$\{local\.(\w+)\}`).FindStringSubmatch(text); filter != nil && strings.HasPrefix(text, "{") {
					of[alert] = filter[1]
				}
			}
			return nil
		})
		all, desk := "", ""
		for name, value := range map[string]*string{"of_all": &all, "of_desk": &desk} {
			if a := b.Body.Attributes[name]; a != nil {
				*value = string(a.Expr.Range().SliceBytes(c.files[b.file].Bytes))
			}
		}
		if !strings.Contains(all, "local.services") || !strings.Contains(all, "module.desk[*].name") || !strings.Contains(desk, "module.desk[*].name") {
			t.Errorf("who is watched: %s, %s", all, desk)
		}
	}
	if of["memory"] != "of_all" || of["desk_5xx"] != "of_desk" || of["errors_5xx"] != "of_services" {
		t.Errorf("the alerts are of %v", of)
	}
}

// An alert on a metric that is made in the same apply is not looked up: Cloud
// Monitoring knows the metric minutes later.
func TestNoAlertNeedsAMetricThatIsNotThereYet(t *testing.T) {
	c := load(t)
	for _, b := range c.blocks {
		if b.file != "monitoring.tf" || b.Type != "locals" {
			continue
		}
		ours := 0
		hclsyntax.VisitAll(b.Body.Attributes["alerts"].Expr, func(node hclsyntax.Node) hcl.Diagnostics { //nolint:errcheck // returns nothing
			object, ok := node.(*hclsyntax.ObjectConsExpr)
			if !ok {
				return nil
			}
			for _, item := range object.Items {
				text := string(item.ValueExpr.Range().SliceBytes(c.files[b.file].Bytes))
				switch key := hcl.ExprAsKeyword(item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr).Wrapped); {
				case key == "promql":
					ours++
				case key == "filter" && strings.Contains(text, "logging.googleapis.com/user/"):
					t.Errorf("a threshold on a metric of our own fails until the metric is minutes old: %s", text)
				}
			}
			return nil
		})
		if ours != 1 {
			t.Errorf("%d alerts are on metrics of our own", ours)
		}
	}
	if !regexp.MustCompile(`disable_metric_validation\s+= true`).Match(c.files["monitoring.tf"].Bytes) {
		t.Error("the metric is looked up when the alert is made")
	}
}

// The guide has every account of Google's made that is given something, before the first apply.
func TestAgentsAreMadeBeforehand(t *testing.T) {
	guide, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := map[string]string{"storage": "gcloud storage service-agent", "kafka": "--service managedkafka.googleapis.com",
		"secrets": "for s in artifactregistry run secretmanager;", "registry": "for s in artifactregistry run secretmanager;", "run": "for s in artifactregistry run secretmanager;",
		"bigquery": "bq show --encryption_service_account"}
	agents := 0
	for _, b := range load(t).blocks {
		if b.file != "apis.tf" || b.Type != "locals" {
			continue
		}
		for _, item := range b.Body.Attributes["agents"].Expr.(*hclsyntax.ObjectConsExpr).Items {
			agents++
			name := hcl.ExprAsKeyword(item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr).Wrapped)
			want := command[name]
			if want == "" {
				want = "--service " + name + ".googleapis.com"
			}
			if !strings.Contains(string(guide), want) {
				t.Errorf("README.md does not say how the agent of %s is made: %s", name, want)
			}
		}
	}
	if agents < 8 {
		t.Errorf("only %d agents were looked at", agents)
	}
}

// The view's columns are where the event has them.
func TestColumnsAreOfTheResult(t *testing.T) {
	schema, err := os.ReadFile("../shared/schema/result.json")
	if err != nil {
		t.Fatal(err)
	}
	columns := 0
	for _, m := range regexp.MustCompile(`'\$\.([a-z_.]+)'`).FindAllStringSubmatch(string(load(t).files["bigquery.tf"].Bytes), -1) {
		for field := range strings.SplitSeq(m[1], ".") {
			columns++
			if !strings.Contains(string(schema), `"`+field+`": {`) {
				t.Errorf("a result has no %s", m[1])
			}
		}
	}
	if columns < 10 {
		t.Errorf("only %d columns were looked at", columns)
	}
}
