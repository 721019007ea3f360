#!/bin/bash
# Completion in real shells, and manual pages through man and groff.
#   completion.sh VKTL
set -eu
vktl=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/here/photos of us" "$work/here/runs"
touch "$work/here/picture.png"

fail() {
    echo "completion.sh: $*" >&2
    exit 1
}

"$vktl" completion bash >"$work/vktl.bash"
"$vktl" completion zsh >"$work/_vktl"

# ---- bash

# shellcheck source=/dev/null
. "$work/vktl.bash"
complete -p vktl | grep -q -- '-F _vktl vktl' || fail 'bash does not know of it'

# expect WORDS... : WORD... : what the last of WORDS may become, sorted, parted by bars.
expect() {
    local wanted=${!#} found
    COMP_WORDS=(vktl "${@:1:$#-1}")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    (cd "$work/here" && _vktl && printf '%s\n' "${COMPREPLY[@]}") | LC_ALL=C sort >"$work/found"
    found=$(paste -sd'|' "$work/found")
    [ "$found" = "$wanted" ] || fail "${COMP_WORDS[*]}: '$found' is not '$wanted'"
}

expect tr train
expect lr lr-find
expect --v --version
expect help sel selftest
expect train --optimi --optimizer
expect train --optimizer '' 'adam|adamw|sgd'
expect train --optimizer = ad 'adam|adamw'
expect train --freeze = 'base|none'
expect train --train '' 'photos of us|runs'
expect train --train pho 'photos of us'
expect train --weights '' 'photos of us|picture.png|runs'
expect train --model vgg 'vgg-mini|vgg16|vgg19'
expect train --model pict picture.png
expect train --epochs '' ''
expect train --lr '' auto
expect infer --device d discrete
expect infer pic picture.png
expect infer vgg1 'vgg16|vgg19'
expect infer runs pic picture.png
expect infer runs vgg ''
expect infer --chart '' 'photos of us|picture.png|runs'
expect completion '' 'bash|zsh'
expect nonsense '' ''
# Every option of every command, as the help has them.
for command in $("$vktl" help | sed -n 's/^  \([a-z-]*\)  .*/\1/p'); do
    expect "$command" -- "$("$vktl" help "$command" | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p' |
        LC_ALL=C sort | paste -sd'|')"
done

# ---- zsh

if command -v zsh >/dev/null; then
    zsh -n "$work/_vktl"
    zsh -f -c 'autoload -U compinit; compinit -u -D; source "$1"; [[ $_comps[vktl] == _vktl ]]' \
        zsh "$work/_vktl" || fail 'zsh does not know of it'
    if zsh -f -c 'zmodload zsh/zpty && zpty shell true' 2>/dev/null; then
        # As typed: the screen of an interactive shell, after each tab.
        zsh -f -c 'zmodload zsh/zpty
            zpty shell "TERM=dumb zsh -f -i"
            zpty -w shell "PS1=; autoload -U compinit; compinit -u -D; source $1; cd $2"
            tab=$(printf "\\t.")
            tab=${tab%.}
            zpty -w shell "vktl lr-f$tab --mom$tab; vktl train --train pho$tab"
            zpty -w shell "vktl devices --js$tab "
            zpty -w shell "exit"
            while zpty -r shell line; do print -r -- $line; done' zsh "$work/_vktl" "$work/here" \
            >"$work/screen" 2>/dev/null || true
        for line in 'vktl lr-find' '--momentum' 'photos\\ of\\ us' '--json'; do
            grep -q -- "$line" "$work/screen" || fail "zsh: no $line in $(cat "$work/screen")"
        done
    else
        echo 'no terminals to be had: zsh was not typed into'
    fi
else
    echo 'no zsh: bash alone was tested'
fi

# ---- Manual pages

"$vktl" man --out "$work/man"
pages=$("$vktl" help | grep -c '^  [a-z-]*  ')
[ "$(find "$work/man" -name '*.1' | wc -l)" = $((pages + 1)) ] ||
    fail 'not a page a command, and one more'
"$vktl" man train | cmp - "$work/man/vktl-train.1"
"$vktl" man | cmp - "$work/man/vktl.1"
command -v groff >/dev/null || { echo 'no groff: its warnings were not looked for'; exit 0; }
for page in "$work"/man/*.1; do
    groff -man -Tutf8 -ww -z "$page" 2>"$work/warnings"
    [ ! -s "$work/warnings" ] || fail "$page: $(cat "$work/warnings")"
done
groff -man -Tascii -P-cbou "$work/man/vktl-train.1" >"$work/train.txt"
for option in $("$vktl" help train | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p'); do
    grep -q -- "^ *$option\\b" "$work/train.txt" || fail "the page of train lacks $option"
done
command -v man >/dev/null || exit 0
man --warnings -l "$work/man/vktl-lr-find.1" >/dev/null 2>"$work/warnings"
[ ! -s "$work/warnings" ] || fail "man: $(cat "$work/warnings")"
