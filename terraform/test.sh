#!/usr/bin/env bash
# make terraform-test: every check of terraform/ that this machine can make,
# with no network. What needs the provider and finds none is skipped aloud.
set -euo pipefail
cd "$(dirname "$0")"
go=${GO:-go}

skip() { printf '\n*** SKIP: %s\n%s\n\n' "$1" "$2"; }

echo "== what needs neither terraform nor a provider"
$go test -count=1 ./...

command -v terraform >/dev/null || {
  skip "terraform fmt, validate, test" "terraform is not installed; see https://developer.hashicorp.com/terraform/install"
  exit 0
}
echo "== terraform fmt"
terraform fmt -check -diff -recursive

provider=
for dir in "${TF_PLUGIN_DIR:-}" .terraform/providers ~/.terraform.d/plugins ~/.local/share/terraform/plugins /usr/local/share/terraform/plugins /usr/share/terraform/plugins; do
  if [ -n "$dir" ] && [ -d "$dir/registry.terraform.io/hashicorp/google" ]; then
    provider=$(cd "$dir" && pwd)
    break
  fi
done
[ -n "$provider" ] || {
  skip "terraform validate, terraform test (mock and plan)" \
"no google provider in TF_PLUGIN_DIR, .terraform/providers or ~/.terraform.d/plugins. To get it, where its registry can be reached:
    terraform -chdir=terraform providers mirror ~/.terraform.d/plugins"
  exit 0
}

# A copy, so that no lock file or state of a test meets one of a deployment.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r ./*.tf exports.schema.json example.tfvars connect modules tests "$work"
cd "$work"
echo "== terraform validate, with the provider of $provider"
terraform init -input=false -no-color -backend=false -plugin-dir="$provider" >init.log || { cat init.log; exit 1; }
terraform validate -no-color
echo "== terraform test"
terraform test -no-color
