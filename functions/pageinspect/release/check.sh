#!/usr/bin/env bash
# Builds one archive of the commit that is checked out twice, in two new folders,
# and holds the two against each other and against what an archive must have.
set -euo pipefail
cd "$(dirname "$0")/../../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
target=$(${GO:-go} env GOHOSTOS)/$(${GO:-go} env GOHOSTARCH)
commit=$(git rev-parse HEAD)
build() { # FOLDER
  git clone -q . "$work/$1"
  git -C "$work/$1" checkout -q --detach "$commit"
  "$work/$1/functions/pageinspect/release/release.sh" "$work/$1-out" "$target"
}
(umask 022 && build one/folder)
(umask 077 && export TZ=Asia/Seoul && build another)
diff "$work/one/folder-out/SHA256SUMS" "$work/another-out/SHA256SUMS" || { echo "the same commit gave two archives"; exit 1; }
cd "$work/another-out"
sha256sum -c --quiet SHA256SUMS
archive=$(echo *.tar.gz)
name=${archive%.tar.gz}
tar -xzf "$archive"
for f in pageinspect capture recognize LICENSE README.md CHANGELOG.md INSTALL.md licenses/go/LICENSE licenses/github.com/spf13/cobra/LICENSE.txt \
  sbom/{pageinspect,capture,recognize}.cdx.json man/man1/pageinspect-run.1 completions/pageinspect.{bash,zsh,fish,powershell}; do
  [ -s "$name/$f" ] || { echo "$archive lacks $f"; exit 1; }
done
"$name/pageinspect" --version
echo "two builds of $archive are the same: $(cut -c1-16 SHA256SUMS)"
