# SPDX-License-Identifier: Apache-2.0
# bash completion for cmix-wrapper(1).

_cmix_wrapper() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local command='' config=() words='' options='--config --help --version' i
    local commands='run legacy check plan status start stop restart logs history reload pin unpin hold release
        rollback approve command plugins config digest version'
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --config) config=(-c "${COMP_WORDS[++i]}") ;;
        -*) ;;
        *) [[ -n $command ]] || command=${COMP_WORDS[i]} ;;
        esac
    done
    case $prev in
    -c | --config) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    --file | --key | --certificate | -o | --output | --secrets) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    --digest | --to | --role | --expires | --sequence) return ;;
    -a | --algorithm) mapfile -t COMPREPLY < <(compgen -W 'blake2s-256 sha-256' -- "$cur"); return ;;
    -n | --lines) return ;;
    esac
    case $command in
    '') words="$commands help" ;;
    help) words=$commands ;;
    plan) options+=' --json' ;;
    status) options+=' --json --watch' ;;
    start | stop | restart) words=$(_cmix_wrapper_names service) ;;
    pin) options+=' --digest --file' words=$(_cmix_wrapper_names component) ;;
    rollback) options+=' --to' words=$(_cmix_wrapper_names component) ;;
    unpin | hold | release | approve) words=$(_cmix_wrapper_names component) ;;
    command)
        options+=' --key --certificate --role --expires --sequence'
        case $prev in
        command) words='sign verify approve decline' ;;
        approve | decline) words=$(_cmix_wrapper_names command-source) ;;
        *) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        esac
        ;;
    logs) options+=' --follow --lines' words=$(_cmix_wrapper_names log service) ;;
    history) options+=' --json --lines' words=$(_cmix_wrapper_names component service) ;;
    plugins)
        options+=' --json'
        [[ $prev == show ]] && words=$(cmix-wrapper "${config[@]}" plugins list --json 2>/dev/null |
            grep -o '"name": *"[^"]*"' | cut -d'"' -f4 | sort -u) || words='list show'
        ;;
    config)
        options+=' --output --secrets --flags'
        if [[ $prev == convert ]]; then mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return; fi
        words='show default convert'
        ;;
    digest) options+=' --algorithm' ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
    elif [[ $command == digest ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    fi
}

# The names of the tables [KIND.NAME] of the configuration, whose -c is in `config` of the caller.
_cmix_wrapper_names() {
    local IFS='|'
    cmix-wrapper "${config[@]}" config show 2>/dev/null |
        sed -n -E "s/^\[($*)\.\"?([A-Za-z0-9_-]+)\"?\]\$/\2/p" | sort -u
}

complete -o filenames -F _cmix_wrapper cmix-wrapper
