import type { DialogueItem } from '@toritsugi/contracts'

/**
 * What was said in this call as the bridge knows it, in spoken order: told to a new session when the model's
 * socket is lost. A caller's words come late; their place is kept from the moment they were spoken.
 */
export type DialogueRecord = { readonly entries: Entry[] }

type Entry = { key: string; item: DialogueItem | null }

const mostEntries = 1000

export const dialogueRecord = (soFar: readonly DialogueItem[]): DialogueRecord => ({
  entries: soFar.slice(-mostEntries).map((item, index) => ({ key: `before-${index}`, item })),
})

/** Keeps a place for something whose words are not known yet. */
export function keepPlace(record: DialogueRecord, key: string): void {
  if (record.entries.some((entry) => entry.key === key)) return
  record.entries.push({ key, item: null })
  if (record.entries.length > mostEntries) record.entries.shift()
}

/** Fills a place, or adds at the end when none was kept. */
export function writeDown(record: DialogueRecord, key: string, item: DialogueItem): void {
  const entry = record.entries.find((one) => one.key === key)
  if (entry !== undefined) entry.item = item
  else {
    keepPlace(record, key)
    writeDown(record, key, item)
  }
}

/** The dialogue so far; what never got words is left out. */
export const dialogueSoFar = (record: DialogueRecord): DialogueItem[] =>
  record.entries.flatMap(({ item }) => (item === null ? [] : [item]))
