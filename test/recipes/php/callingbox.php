<?php

$secret = (string) getenv('WEBHOOK_SECRET');
if (!preg_match('/^whsec_.{32}/', $secret)) {
    error_log('WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_'); // without it, anybody could sign
    http_response_code(500);
    exit;
}

function isSigned(string $body, string $secret): bool
{
    $parts = explode(',', $_SERVER['HTTP_CALLINGBOX_SIGNATURE'] ?? '');
    $time = substr($parts[0], strlen('t='));
    if (abs(time() - (int) $time) > 300) {
        return false;
    }
    $expected = 'v1=' . hash_hmac('sha256', "$time.$body", $secret); // the whole secret, whsec_ included
    foreach (array_slice($parts, 1) as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}

// Not $_POST: what is signed is the bytes as they arrived.
$body = file_get_contents('php://input');
if (!isSigned($body, $secret)) {
    http_response_code(400);
    exit;
}
$event = json_decode($body);
// "x" fails where the file is there: a table with a unique index does the same.
if (@fopen(sys_get_temp_dir() . "/seen-$event->id", 'x')) {
    error_log("$event->type $event->id"); // what takes longer goes into a queue of yours
}
http_response_code(204);
