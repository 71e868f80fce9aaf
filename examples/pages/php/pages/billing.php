<?php
// A master: makes one child a user, in one batch.

declare(strict_types=1);
require __DIR__ . '/../drover.php';

only_drover();
$given = json_decode(file_get_contents('php://input'), true);
$users = number_in($given['users'] ?? null, 1, 1000);
$children = [];
for ($user = 1; $user <= $users; $user++) {
    $url = 'http://' . header_of('host') . "/user-stats.php?userid=$user";
    $children[] = ['childKey' => "user-$user", 'endpoint' => ['url' => $url]];
}
// Called again, this page attaches: the same key is the same batch, the same child key the same child.
$said = job_service('SubmitBatch', ['batch' => ['key' => 'users'], 'jobs' => $children]);
answer(200, ['batch' => $said['batch']['id'], 'users' => $users, 'existing' => $said['existing'] ?? false]);
