#!/usr/bin/env bash
# Builds a release of the commit that is checked out: for each system an archive
# of the three programs with what belongs to them, and SHA256SUMS over them. With
# the same Go the same commit gives the same bytes, in any folder, at any time.
#
#   release.sh DIR [SYSTEM/PROCESSOR…]
set -euo pipefail
export LC_ALL=C
out=$(realpath -m "${1:?say where to put the release}")
shift
targets=("$@")
[ $# -gt 0 ] || targets=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64)
here=$(realpath "$(dirname "$0")")
cd "$here/../../.."
GO=${GO:-go}
fail() { echo "release: $*" >&2; exit 1; }

tar --version 2>/dev/null | grep -q 'GNU tar' || fail "GNU tar is needed; on macOS: brew install gnu-tar, and put its gnubin folder first in PATH"
[ -z "$(git status --porcelain)" ] || fail "there are changes that are not committed, and a release is of a commit: $(git status --porcelain | head -3)"
version=$(git describe --tags --always)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH CGO_ENABLED=0 GOWORK=off
# The machine's own: nothing of it may decide what is built.
unset GOOS GOARCH GOFLAGS GOAMD64 GOARM64 GOEXPERIMENT

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "release: $version of $(date -u -d "@$SOURCE_DATE_EPOCH" +%F) for ${targets[*]}, by $($GO version)"

# What makes the release's papers, each at the version that tools.mod pins.
$GO build -trimpath -buildvcs=false -modfile="$here/tools.mod" -o "$work/tools/" github.com/google/go-licenses/v2 github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod

programs=(pageinspect capture/cmd recognize/cmd)
build() { # SYSTEM PROCESSOR DIR: the programs into DIR
  local p
  for p in "${programs[@]}"; do
    GOOS=$1 GOARCH=$2 $GO build -trimpath -buildvcs=true -ldflags='-s -w' -o "$3/${p%/cmd}" "./functions/$p"
  done
}

host=$($GO env GOHOSTOS)/$($GO env GOHOSTARCH)
build "${host%/*}" "${host#*/}" "$work/host"
"$work/host/pageinspect" --version | grep -q "commit $(git rev-parse --short=12 HEAD) of" || fail "Go has stamped no commit, as in a git worktree; make the release in a clone"
mkdir -p "$work/common/completions"
"$work/host/pageinspect" man "$work/common/man/man1"
for shell in bash zsh fish powershell; do
  "$work/host/pageinspect" completion $shell >"$work/common/completions/pageinspect.$shell"
done
cp LICENSE README.md CHANGELOG.md functions/pageinspect/INSTALL.md "$work/common/"

licenses() { # SYSTEM: of all that its programs are made of, source included where a licence asks for it
  [ ! -d "$work/licenses-$1" ] || return 0
  GOOS=$1 GOROOT=$($GO env GOROOT) "$work/tools/go-licenses" save "${programs[@]/#/./functions/}" --ignore github.com/pageinspect/pageinspect \
    --save_path "$work/licenses-$1" 2>"$work/said" || { cat "$work/said" >&2; fail "the licences could not be gathered"; }
  mkdir -p "$work/licenses-$1/go"
  cp "$($GO env GOROOT)/LICENSE" "$work/licenses-$1/go/"
}

rm -f "$out"/pageinspect_*.tar.gz "$out/SHA256SUMS"
mkdir -p "$out"
for target in "${targets[@]}"; do
  system=${target%/*} processor=${target#*/}
  name=pageinspect_${version}_${system}_${processor}
  dir=$work/stage/$name
  mkdir -p "$dir/sbom"
  if [ "$target" = "$host" ]; then cp "$work"/host/* "$dir/"; else build "$system" "$processor" "$dir"; fi
  licenses "$system"
  cp -r "$work/common/." "$dir/"
  cp -r "$work/licenses-$system" "$dir/licenses"
  for p in "${programs[@]}"; do
    p=${p%/cmd}
    "$work/tools/cyclonedx-gomod" bin -json -std -noserial -notimestamp -output "$dir/sbom/$p.cdx.json" "$dir/$p" 2>"$work/said" ||
      { cat "$work/said" >&2; fail "no bill of materials of $p"; }
  done
  chmod -R u=rwX,go=rX "$dir"
  chmod 755 "$dir/pageinspect" "$dir/capture" "$dir/recognize"
  tar -C "$work/stage" --sort=name --format=ustar --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf - "$name" |
    gzip -n >"$out/$name.tar.gz"
  rm -rf "$dir"
  echo "release: $out/$name.tar.gz"
done
cd "$out"
sha256sum -- *.tar.gz >SHA256SUMS
