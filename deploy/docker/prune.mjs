// Takes out of a built tree whatever is not needed to run it: packages' folders of node_modules (they are
// installed anew without development tools), sources and compiled tests.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const folders = ['packages', 'services'].flatMap((top) =>
  readdirSync(join(root, top)).map((name) => join(root, top, name)),
)

for (const folder of [root, join(root, 'bench'), ...folders]) {
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
}
for (const folder of folders) {
  rmSync(join(folder, 'src'), { recursive: true, force: true })
  removeTests(join(folder, 'dist'))
}

function removeTests(folder) {
  let entries = []
  try {
    entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  } catch {
    return // a package that compiles to nothing
  }
  for (const entry of entries) {
    if (entry.isFile() && /\.test\.(js|d\.ts)(\.map)?$/.test(entry.name))
      rmSync(join(entry.parentPath, entry.name))
  }
}
