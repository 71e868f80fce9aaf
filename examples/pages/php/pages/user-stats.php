<?php
// A child: tells how far it is while it works, and ends with the result.

declare(strict_types=1);
require __DIR__ . '/../drover.php';

only_drover();
$userid = number_in($_GET['userid'] ?? null, 0, 1_000_000_000);
header('content-type: application/x-ndjson');
$rows = 0;
for ($done = 1; $done <= 3; $done++) {
    usleep(300_000); // The work.
    $rows += $userid;
    send_line(['progress' => ['done' => $done, 'total' => 3]]);
}
send_line(['result' => ['userid' => $userid, 'rows' => $rows]]);

function send_line(array $value): void
{
    echo json_encode($value), "\n";
    // What PHP itself gathers, where php.ini has output_buffering, and then what its web server does.
    if (ob_get_level() > 0) {
        ob_flush();
    }
    flush();
}
