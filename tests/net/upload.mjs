// Uploads a file with tus-js-client, breaks off after the first parts, and goes on from there as a page that was opened anew does.
import fs from 'node:fs'
import { Upload, FileUrlStorage } from 'tus-js-client'

const [endpoint, path, name, stored] = process.argv.slice(2)
const size = fs.statSync(path).size
const urlStorage = new FileUrlStorage(stored)
const sent = []   // bytes that had arrived when an upload began to send

function upload(onProgress) {
  return new Promise((resolve, reject) => {
    const u = new Upload(fs.createReadStream(path), {
      endpoint, urlStorage, chunkSize: 64 * 1024, uploadSize: size, retryDelays: [0, 200, 500],
      metadata: { filename: name, filetype: 'video/mp4' },
      fingerprint: async () => 'the-file',
      onError: reject,
      onSuccess: () => resolve(u.url),
      onChunkComplete: (_, accepted) => { sent.push(accepted); onProgress?.(u, accepted, resolve) },
    })
    u.findPreviousUploads().then((previous) => {
      if (previous.length) u.resumeFromPreviousUpload(previous[0])
      u.start()
    }, reject)
  })
}

await upload((u, accepted, resolve) => { if (accepted >= size / 3) u.abort().then(() => resolve(u.url)) })
const cut = sent.length
const url = await upload()
console.log(JSON.stringify({ url, cut, sent, size }))
