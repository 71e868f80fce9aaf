# What both pages share: who calls, what was given, and how to answer. Knows of Drover what a call says in its headers,
# which CGI gives as HTTP_JOB_ID and so on. A page that breaks off answers nothing, and Drover calls it again.

set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The body as it came: the signature is over its bytes.
head -c "${CONTENT_LENGTH:-0}" >"$work/body"

# answer STATUS JSON: ends the page.
answer() {
  printf 'Status: %s\r\ncontent-type: application/json\r\n\r\n%s\n' "$1" "$2"
  exit
}

# Ends the page with 401 unless the call bears the Standard Webhooks signature.
only_drover() {
  [ -n "${DROVER_SIGNING_SECRET:-}" ] || return 0
  called=${HTTP_WEBHOOK_TIMESTAMP:-}
  case $called in
    '' | 0* | *[!0-9]*) answer '401 Unauthorized' '"not signed by Drover"' ;;
  esac
  # Else a signature for one job would do for any.
  [ "${HTTP_WEBHOOK_ID:-}" = "${HTTP_JOB_ID:-}.${HTTP_JOB_FENCE:-}" ] ||
    answer '401 Unauthorized' '"not signed by Drover"'
  age=$(($(date +%s) - called))
  expected=v1,$({
    printf '%s.%s.' "${HTTP_WEBHOOK_ID:-}" "$called"
    cat "$work/body"
  } | hmac "${DROVER_SIGNING_SECRET#whsec_}")
  # Where the key is empty or a tool is missing there is nothing to compare with.
  { [ "${DROVER_SIGNING_SECRET#whsec_}" ] && [ ${#expected} -eq 47 ]; } ||
    answer '500 Internal Server Error' '"signatures cannot be checked here"'
  # While a secret is replaced there is a signature by each of the two.
  case " ${HTTP_WEBHOOK_SIGNATURE:-} " in
    *" $expected "*) [ "$age" -lt 300 ] && [ "$age" -gt -300 ] && return 0 ;;
  esac
  answer '401 Unauthorized' '"not signed by Drover"'
}

# hmac KEY: HMAC-SHA256 of standard input in base64, the key too. By hand, of two hashes: openssl has an option for it,
# but then the key would stand among its arguments, which every user of the machine can read.
hmac() {
  key=$(printf '%s' "$1" | base64 -d | od -An -v -tx1 | tr -d ' \n')
  {
    padded_key 0x5c
    {
      padded_key 0x36
      cat
    } | sha256
  } | sha256 | base64
}

sha256() {
  openssl dgst -sha256 -binary
}

# padded_key BYTE: 64 bytes, those of the key and then zeros, each of them XOR this byte.
padded_key() {
  rest=$key
  for _ in 1 2 3 4 5 6 7 8; do
    for _ in 1 2 3 4 5 6 7 8; do
      byte=${rest%"${rest#??}"}
      rest=${rest#??}
      # shellcheck disable=SC2059
      printf "\\$(printf '%03o' $((0x${byte:-0} ^ $1)))"
    done
  done
}

# number_in VALUE LEAST MOST: whether it is such a whole number.
number_in() {
  case $1 in
    '' | 0?* | *[!0-9]* | ??????????*) return 1 ;;
  esac
  [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# job_service METHOD: calls JobService with the JSON of standard input and the token of this attempt, prints the answer.
job_service() {
  printf 'authorization: Bearer %s\n' "$HTTP_JOB_TOKEN" >"$work/token"
  curl --silent --show-error --fail-with-body --max-time 30 "$HTTP_JOB_SERVICE/drover.v1.JobService/$1" \
    -H 'content-type: application/json' -H "@$work/token" --data-binary @-
}
