// The AWS SDK for JavaScript v3 with its default settings: one life cycle, a line for each check.
//
// node lifecycle.mjs: client_js.py calls it. Settings come from the environment: RIZNICA_ENDPOINT,
// RIZNICA_LARGE_FILE, RIZNICA_JS_PACKAGES (the folder with node_modules), AWS's own variables, and
// NODE_EXTRA_CA_CERTS over HTTPS. Output: "ok TEXT" or "FAIL TEXT: REASON"; TEXT holds no colon.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { createRequire } from "node:module";
import { Readable } from "node:stream";

const require = createRequire(`${process.env.RIZNICA_JS_PACKAGES}/`);
const s3 = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

const MIB = 1024 * 1024;
const LARGE_FILE = process.env.RIZNICA_LARGE_FILE;
const Bucket = "aws-sdk-js";
const client = new s3.S3Client({ endpoint: process.env.RIZNICA_ENDPOINT });

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function sha256OfStream(stream) {
  const hash = createHash("sha256");
  for await (const piece of stream) hash.update(piece);
  return hash.digest("hex");
}

const put = (Key, Body, more) =>
  client.send(new s3.PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key, more) => client.send(new s3.GetObjectCommand({ Bucket, Key, ...more }));
const head = (Key, more) => client.send(new s3.HeadObjectCommand({ Bucket, Key, ...more }));

async function bytesOf(Key, more) {
  return Buffer.from(await (await get(Key, more)).Body.transformToByteArray());
}

async function refused(promise, name, status) {
  const error = await promise.then(() => null, (reason) => reason);
  assert.ok(error, `a success instead of ${status} ${name}`);
  assert.deepEqual([error.name, error.$metadata?.httpStatusCode], [name, status], String(error));
}

async function listed(options, pageSize) {
  const pages = [];
  const paginator = s3.paginateListObjectsV2({ client, pageSize }, { Bucket, ...options });
  for await (const page of paginator) pages.push(page);
  return {
    count: pages.length,
    keys: pages.flatMap((page) => page.Contents ?? []).map((row) => row.Key),
    prefixes: pages.flatMap((page) => page.CommonPrefixes ?? []).map((row) => row.Prefix),
  };
}

const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

const checks = {
  async "create, head, locate and list buckets"() {
    await refused(client.send(new s3.HeadBucketCommand({ Bucket })), "NotFound", 404);
    await client.send(new s3.CreateBucketCommand({ Bucket }));
    await client.send(new s3.HeadBucketCommand({ Bucket }));
    const location = await client.send(new s3.GetBucketLocationCommand({ Bucket }));
    assert.equal(location.LocationConstraint || undefined, undefined);
    const { Buckets } = await client.send(new s3.ListBucketsCommand({}));
    assert.ok(Buckets.some((row) => row.Name === Bucket && row.CreationDate instanceof Date));
  },

  async "put and get, empty to 8 MiB, with awkward names"() {
    for (const size of [0, 1, 65536, 262145, 8 * MIB]) {
      const body = randomBytes(size);
      const name = `предмет ${size}/a+b=c&d %20'(1)*.txt`;
      const answer = await put(name, body);
      assert.equal(answer.ETag, `"${createHash("md5").update(body).digest("hex")}"`);
      assert.ok(answer.ChecksumCRC32, "no default checksum in the answer");
      assert.equal(sha256(await bytesOf(name)), sha256(body));
    }
  },

  async "put of a stream with its length, the checksum behind the body"() {
    const body = randomBytes(700_001);
    const pieces = Readable.from([body.subarray(0, 100_000), body.subarray(100_000)]);
    const answer = await put("stream", pieces, { ContentLength: body.length });
    assert.ok(answer.ChecksumCRC32, "no checksum in the answer");
    assert.equal(sha256(await bytesOf("stream")), sha256(body));
  },

  async "every checksum algorithm, verified on the way back"() {
    const body = randomBytes(300_001);
    for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
      const field = `Checksum${ChecksumAlgorithm}`;
      const answer = await put("sum", body, { ChecksumAlgorithm });
      assert.ok(answer[field], `${field} is not in the answer`);
      const found = await get("sum", { ChecksumMode: "ENABLED" });
      assert.equal(found[field], answer[field]);
      assert.equal(await sha256OfStream(found.Body), sha256(body));
    }
    await refused(put("wrong", "x", { ChecksumSHA256: `${"A".repeat(43)}=` }), "BadDigest", 400);
    await refused(head("wrong"), "NotFound", 404);
  },

  async "metadata and content headers"() {
    const own = { department: "urbanizam", case: "12-3" };
    const headers = {
      ContentType: "text/plain; charset=utf-8",
      ContentDisposition: "attachment; filename*=UTF-8''%D0%9E.pdf",
      CacheControl: "private, max-age=60",
    };
    await put("metadata", "content", { Metadata: own, ...headers });
    const found = await head("metadata");
    assert.deepEqual(found.Metadata, own);
    assert.equal(found.ContentLength, 7);
    assert.ok(found.LastModified instanceof Date);
    for (const [field, value] of Object.entries(headers)) assert.equal(found[field], value);
    const named = await get("metadata", { ResponseContentType: "application/x-other" });
    assert.equal(named.ContentType, "application/x-other");
    named.Body.destroy();
  },

  async "ranges"() {
    const body = randomBytes(600_000);
    await put("range", body);
    const cases = [["0-0", 0, 1], ["65535-65536", 65535, 65537], ["599999-", 599_999, 600_000],
      ["-70000", 530_000, 600_000], ["5-9999999", 5, 600_000]];
    for (const [Range, from, to] of cases) {
      const answer = await get("range", { Range: `bytes=${Range}` });
      assert.equal(answer.ContentRange, `bytes ${from}-${to - 1}/600000`);
      assert.equal(await sha256OfStream(answer.Body), sha256(body.subarray(from, to)), Range);
    }
    await refused(get("range", { Range: "bytes=600000-" }), "InvalidRange", 416);
  },

  async "conditional writes and reads"() {
    const first = (await put("condition", "first", { IfNoneMatch: "*" })).ETag;
    await refused(put("condition", "second", { IfNoneMatch: "*" }), "PreconditionFailed", 412);
    await put("condition", "second", { IfMatch: first });
    await refused(put("condition", "third", { IfMatch: first }), "PreconditionFailed", 412);
    assert.equal(String(await bytesOf("condition")), "second");
    await refused(get("condition", { IfMatch: first }), "PreconditionFailed", 412);
    const { ETag, LastModified } = await head("condition");
    const unchanged = await head("condition", { IfNoneMatch: ETag }).catch((error) => error);
    assert.equal(unchanged.$metadata.httpStatusCode, 304);
    assert.equal(String(await bytesOf("condition", { IfUnmodifiedSince: LastModified })), "second");
  },

  async "lib-storage, the large file in parts, and a stream of unknown length"() {
    const Body = createReadStream(LARGE_FILE);
    const upload = new Upload({ client, params: { Bucket, Key: "large", Body } });
    const done = await upload.done();
    const parts = Math.ceil(statSync(LARGE_FILE).size / (5 * MIB));
    assert.match(done.ETag, new RegExp(`-${parts}"$`));
    const wanted = await sha256OfStream(createReadStream(LARGE_FILE));
    assert.equal(await sha256OfStream((await get("large")).Body), wanted);
    const pieces = Array.from({ length: 12 }, () => randomBytes(MIB));
    const params = { Bucket, Key: "unknown", Body: Readable.from(pieces) };
    await new Upload({ client, params }).done();
    assert.equal(sha256(await bytesOf("unknown")), sha256(Buffer.concat(pieces)));
  },

  async "multipart by hand, parts listed, one copied on the server, aborted"() {
    const place = { Bucket, Key: "by hand" };
    const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(place));
    const upload = { ...place, UploadId };
    const body = randomBytes(5 * MIB);
    const sent = new s3.UploadPartCommand({ ...upload, PartNumber: 1, Body: body });
    const first = await client.send(sent);
    const CopySource = `${Bucket}/large`;
    const CopySourceRange = "bytes=100-400099";
    const source = { CopySource, CopySourceRange };
    const copied = new s3.UploadPartCopyCommand({ ...upload, PartNumber: 2, ...source });
    const second = (await client.send(copied)).CopyPartResult;
    const { Parts } = await client.send(new s3.ListPartsCommand(upload));
    const sizes = Parts.map((part) => [part.PartNumber, part.Size]);
    assert.deepEqual(sizes, [[1, 5 * MIB], [2, 400_000]]);
    const parts = [{ PartNumber: 1, ...sums(first) }, { PartNumber: 2, ...sums(second) }];
    const complete = { ...upload, MultipartUpload: { Parts: parts } };
    await client.send(new s3.CompleteMultipartUploadCommand(complete));
    const range = await bytesOf("large", { Range: CopySourceRange });
    assert.equal(sha256(await bytesOf("by hand")), sha256(Buffer.concat([body, range])));
    const doomed = { Bucket, Key: "aborted" };
    doomed.UploadId = (await client.send(new s3.CreateMultipartUploadCommand(doomed))).UploadId;
    await client.send(new s3.UploadPartCommand({ ...doomed, PartNumber: 1, Body: "x" }));
    await client.send(new s3.AbortMultipartUploadCommand(doomed));
    await refused(client.send(new s3.ListPartsCommand(doomed)), "NoSuchUpload", 404);
  },

  async "list in pages, with a delimiter, in the order of bytes"() {
    const digits = (number) => String(number).padStart(2, "0");
    const names = Array.from({ length: 20 }, (_, number) => `page/${digits(number)}`);
    names.push("page/a/1", "page/a/2", "page/Ж/1", "page/ж", "page/z%2F+ &");
    await Promise.all(names.map((name) => put(name, "")));
    const all = await listed({ Prefix: "page/" }, 7);
    assert.deepEqual([all.keys, all.count], [[...names].sort(byBytes), 4]);
    const grouped = await listed({ Prefix: "page/", Delimiter: "/" }, 7);
    assert.deepEqual(grouped.prefixes, ["page/a/", "page/Ж/"]);
    const late = await listed({ Prefix: "page/", StartAfter: "page/18" }, 1);
    assert.equal(late.keys[0], "page/19");
  },

  async "copy keeps and replaces metadata"() {
    await put("copy source ћ", "copied", { Metadata: { kept: "yes" } });
    const CopySource = encodeURI(`${Bucket}/copy source ћ`);
    await client.send(new s3.CopyObjectCommand({ Bucket, Key: "copied", CopySource }));
    assert.equal(String(await bytesOf("copied")), "copied");
    assert.deepEqual((await head("copied")).Metadata, { kept: "yes" });
    const other = { MetadataDirective: "REPLACE", Metadata: { new: "yes" } };
    await client.send(new s3.CopyObjectCommand({ Bucket, Key: "copied", CopySource, ...other }));
    assert.deepEqual((await head("copied")).Metadata, { new: "yes" });
  },

  async "presigned PUT and GET"() {
    const place = { Bucket, Key: "presigned ш" };
    const body = randomBytes(100_000);
    const up = await getSignedUrl(client, new s3.PutObjectCommand(place), { expiresIn: 60 });
    const answer = await fetch(up, { method: "PUT", body });
    assert.equal(answer.status, 200, await answer.text());
    const down = await getSignedUrl(client, new s3.GetObjectCommand(place), { expiresIn: 60 });
    const found = await fetch(down);
    assert.equal(found.status, 200);
    assert.equal(sha256(Buffer.from(await found.arrayBuffer())), sha256(body));
    const tampered = await fetch(down.replace("presigned", "metadata"));
    assert.equal(tampered.status, 403, await tampered.text());
  },

  async "errors are S3's"() {
    await refused(get("absent"), "NoSuchKey", 404);
    const absent = new s3.ListObjectsV2Command({ Bucket: "not-there" });
    await refused(client.send(absent), "NoSuchBucket", 404);
    await refused(client.send(new s3.DeleteBucketCommand({ Bucket })), "BucketNotEmpty", 409);
    const credentials = { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "wrong" };
    const stranger = new s3.S3Client({ endpoint: process.env.RIZNICA_ENDPOINT, credentials });
    const command = new s3.GetObjectCommand({ Bucket, Key: "metadata" });
    await refused(stranger.send(command), "SignatureDoesNotMatch", 403);
  },

  async "delete one, delete many, delete the bucket"() {
    await client.send(new s3.DeleteObjectCommand({ Bucket, Key: "metadata" }));
    await refused(head("metadata"), "NotFound", 404);
    const { keys } = await listed({}, 1000);
    const Delete = { Objects: keys.map((Key) => ({ Key })) };
    const answer = await client.send(new s3.DeleteObjectsCommand({ Bucket, Delete }));
    assert.equal(answer.Errors, undefined);
    assert.deepEqual(answer.Deleted.map((row) => row.Key).sort(), [...keys].sort());
    await client.send(new s3.DeleteBucketCommand({ Bucket }));
    await refused(client.send(new s3.HeadBucketCommand({ Bucket })), "NotFound", 404);
  },
};

/** What Complete wants to hear again of a part. */
function sums({ ETag, ChecksumCRC32 }) {
  return { ETag, ChecksumCRC32 };
}

for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    const reason = String(error?.message ?? error).replaceAll("\n", " ");
    console.log(`FAIL ${name}: ${reason.slice(0, 600)}`);
  }
}
