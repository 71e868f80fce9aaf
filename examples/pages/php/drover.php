<?php
// What both pages share: who calls, what was given, and how to answer. Knows of Drover what a call says in its headers.

declare(strict_types=1);

/** Ends the page with 401 unless the call bears the Standard Webhooks signature, over the body as it came. */
function only_drover(): void
{
    $secret = getenv('DROVER_SIGNING_SECRET');
    if ($secret === false || $secret === '') {
        return;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    $called = header_of('webhook-timestamp');
    $signed = header_of('webhook-id') . ".$called." . file_get_contents('php://input');
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
    $fresh = ctype_digit($called) && abs(time() - (int) $called) < 300;
    // Else a signature for one job would do for any.
    $own = header_of('webhook-id') === header_of('job-id') . '.' . header_of('job-fence');
    // While a secret is replaced there is a signature by each of the two.
    foreach (explode(' ', header_of('webhook-signature')) as $given) {
        // A secret without a key would let everybody in.
        if ($key !== '' && $fresh && $own && hash_equals($expected, $given)) {
            return;
        }
    }
    answer(401, 'not signed by Drover');
}

function header_of(string $name): string
{
    return $_SERVER['HTTP_' . strtoupper(strtr($name, '-', '_'))] ?? '';
}

/** A whole number, or the end of the page with 400: Drover does not call again. */
function number_in(mixed $value, int $least, int $most): int
{
    $number = filter_var($value, FILTER_VALIDATE_INT, ['options' => ['min_range' => $least, 'max_range' => $most]]);
    return $number === false ? answer(400, "this is no whole number from $least to $most") : $number;
}

/** Calls JobService with the token of this attempt, as JSON. Ends the page with 500 if it says no: call again later. */
function job_service(string $method, array $message): array
{
    $headers = ['content-type: application/json', 'authorization: Bearer ' . header_of('job-token')];
    $http = ['method' => 'POST', 'header' => $headers, 'content' => json_encode($message)];
    $http += ['ignore_errors' => true, 'timeout' => 30];
    $address = header_of('job-service') . "/drover.v1.JobService/$method";
    $answer = @fopen($address, 'r', false, stream_context_create(['http' => $http]));
    $said = $answer === false ? error_get_last()['message'] : stream_get_contents($answer);
    if ($answer === false || !str_contains(stream_get_meta_data($answer)['wrapper_data'][0], ' 200 ')) {
        answer(500, $said);
    }
    return json_decode($said, true);
}

function answer(int $status, mixed $value): never
{
    http_response_code($status);
    header('content-type: application/json');
    exit(json_encode($value) . "\n");
}
