# SPDX-License-Identifier: Apache-2.0
# fish completion for cmix-wrapper(1).

# The names of the tables [KIND.NAME] of the configuration.
function __cmix_wrapper_names
    set -l kinds (string join '|' $argv)
    cmix-wrapper config show 2>/dev/null |
        string replace -r -f '^\[(?:'$kinds')\."?([A-Za-z0-9_-]+)"?\]$' '$1' | sort -u
end

set -l commands run legacy check plan status start stop restart logs history reload \
    pin unpin hold release rollback approve command plugins config digest version help
set -l none "not __fish_seen_subcommand_from $commands"
complete -c cmix-wrapper -f
complete -c cmix-wrapper -s c -l config -r -F -d 'the configuration'
complete -c cmix-wrapper -s h -l help -d 'show help'
complete -c cmix-wrapper -s V -l version -d 'show the version'
complete -c cmix-wrapper -n "$none" -a run -d 'the host, in the foreground'
complete -c cmix-wrapper -n "$none" -a legacy -d 'the same, with the flags of the old wrapper'
complete -c cmix-wrapper -n "$none" -a check -d 'validate the configuration'
complete -c cmix-wrapper -n "$none" -a plan -d 'what run would do now, and why'
complete -c cmix-wrapper -n "$none" -a status -d 'services, components, plugins, streams, consensus'
complete -c cmix-wrapper -n "$none" -a start -d 'start a service'
complete -c cmix-wrapper -n "$none" -a stop -d 'stop a service'
complete -c cmix-wrapper -n "$none" -a restart -d 'stop a service and start it again'
complete -c cmix-wrapper -n "$none" -a logs -d 'the end of a log, or follow it'
complete -c cmix-wrapper -n "$none" -a history -d 'what happened, and why'
complete -c cmix-wrapper -n "$none" -a reload -d 'read the configuration again'
complete -c cmix-wrapper -n "$none" -a pin -d 'use this binary, whatever consensus approves'
complete -c cmix-wrapper -n "$none" -a unpin -d 'use what consensus approves again'
complete -c cmix-wrapper -n "$none" -a hold -d 'keep what is in use'
complete -c cmix-wrapper -n "$none" -a release -d 'follow consensus again'
complete -c cmix-wrapper -n "$none" -a rollback -d 'go back to what was in use before'
complete -c cmix-wrapper -n "$none" -a approve -d 'let what waits be activated now'
complete -c cmix-wrapper -n "$none" -a command -d 'orders of the network: sign, check, decide'
complete -c cmix-wrapper -n "$none" -a plugins -d 'plugins and their options'
complete -c cmix-wrapper -n "$none" -a config -d 'the configuration, or a template'
complete -c cmix-wrapper -n "$none" -a digest -d 'the digest of files'
complete -c cmix-wrapper -n "$none" -a version -d 'the version'
complete -c cmix-wrapper -n "$none" -a help -d 'all about one command'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from plan status history plugins' -l json -d 'print JSON'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from status' -s w -l watch -d 'show each change'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from logs' -s f -l follow -d 'go on with what is written'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from logs history' -s n -l lines -x -d 'how many'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from digest' -s a -l algorithm -x -a 'blake2s-256 sha-256'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from digest' -F
complete -c cmix-wrapper -n '__fish_seen_subcommand_from start stop restart' -a '(__cmix_wrapper_names service)'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from pin' -l digest -x -d 'this one'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from pin' -l file -r -F -d 'a copy of this file'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from rollback' -l to -x -d 'go back to this one'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from pin unpin hold release rollback approve' -a '(__cmix_wrapper_names component)'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from command' -a 'sign verify approve decline' -F
complete -c cmix-wrapper -n '__fish_seen_subcommand_from command' -l key -r -F -d 'sign with it'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from command' -l certificate -r -F -d 'whose signature'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from command' -l role -x -d 'who takes it'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from command' -l expires -x -d 'how long it may be taken'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from command' -l sequence -x -d 'over the last'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from logs' -a '(__cmix_wrapper_names log service)'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from history' -a '(__cmix_wrapper_names component service)'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from plugins' -a 'list show'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from config' -a 'show default convert' -F
complete -c cmix-wrapper -n '__fish_seen_subcommand_from config' -s o -l output -r -F -d 'write it there'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from config' -l secrets -r -F -d 'where secrets go'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from config' -l flags -d 'flags of the old wrapper'
complete -c cmix-wrapper -n '__fish_seen_subcommand_from help' -a "$commands"
