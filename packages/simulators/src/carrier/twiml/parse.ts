import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { GRAMMAR, isOfKind, isOpaque } from './grammar.ts'

/** One element of a document; `text` is its text with nested markup flattened, white space folded. */
export type TwimlElement = {
  name: string
  attributes: Readonly<Record<string, string>>
  text: string
  children: readonly TwimlElement[]
}

export type Parsed =
  | { is: 'document'; verbs: readonly TwimlElement[]; warnings: readonly string[] }
  /** `code`: 12100 (not XML), 12102 (root is not Response). */
  | { is: 'unreadable'; code: string; message: string }

const ENTITIES = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)/
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  htmlEntities: true,
})

/** Reads a TwiML document; what its schema does not know is left out and named in `warnings` (12200). */
export function parseTwiml(xml: string): Parsed {
  const source = xml.replace(/^\uFEFF/, '').trim()
  const valid = XMLValidator.validate(source)
  if (valid !== true) {
    return { is: 'unreadable', code: '12100', message: `Line ${valid.err.line}: ${valid.err.msg}` }
  }
  if (/<!DOCTYPE/i.test(source))
    return { is: 'unreadable', code: '12100', message: 'A document type is not allowed' }
  if (ENTITIES.test(source.replace(/<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->/g, ''))) {
    return { is: 'unreadable', code: '12100', message: 'An entity is not declared, or an & is not escaped' }
  }
  const roots = rootsOf(source)
  if (!roots) return { is: 'unreadable', code: '12100', message: 'The document is not well-formed' }
  const [root, ...others] = roots
  if (others.length > 0)
    return { is: 'unreadable', code: '12100', message: 'There is more than one root element' }
  if (!root || nameOf(root) !== 'Response') {
    return { is: 'unreadable', code: '12102', message: 'The root element must be Response' }
  }
  const warnings: string[] = []
  const response = elementOf(root, warnings)
  return { is: 'document', verbs: response.children, warnings }
}

type RawNode = Record<string, unknown>

/** The elements and texts at the top; undefined for what only the parser finds to be no XML. */
function rootsOf(source: string): RawNode[] | undefined {
  try {
    const nodes = parser.parse(source) as RawNode[]
    return nodes.filter((node) => nameOf(node) !== '#text' || String(node['#text']).trim() !== '')
  } catch {
    return undefined
  }
}

function elementOf(node: RawNode, warnings: string[]): TwimlElement {
  const name = nameOf(node)
  const rule = GRAMMAR[name]
  const given = (node[':@'] ?? {}) as Record<string, string>
  const attributes: Record<string, string> = {}
  for (const [attribute, value] of Object.entries(given)) {
    const kind = rule?.attributes[attribute]
    if (!rule) attributes[attribute] = value
    else if (!kind) warnings.push(`Attribute '${attribute}' is not allowed to appear in element '${name}'.`)
    else if (!isOfKind(kind, value))
      warnings.push(`Value '${value}' of attribute '${attribute}' on element '${name}' is not valid.`)
    else attributes[attribute] = value
  }
  const children: TwimlElement[] = []
  const inner = node[name] as RawNode[]
  for (const child of inner) {
    const childName = nameOf(child)
    if (childName === '#text') {
      if (rule && !rule.text && String(child['#text']).trim() !== '') {
        warnings.push(`Element '${name}' cannot have character content.`)
      }
    } else if (!rule || rule.markup || rule.children?.includes(childName)) {
      if (!rule?.markup) children.push(elementOf(child, warnings))
    } else {
      warnings.push(`Invalid content was found starting with element '${childName}'.`)
    }
  }
  return { name, attributes, text: textOf(inner).replace(/\s+/g, ' ').trim(), children }
}

function textOf(nodes: readonly RawNode[]): string {
  return nodes
    .map((node) => {
      const name = nameOf(node)
      return name === '#text'
        ? String(node['#text'])
        : GRAMMAR[name] || isOpaque(name)
          ? ''
          : textOf(node[name] as RawNode[])
    })
    .join('')
}

function nameOf(node: RawNode): string {
  return Object.keys(node).find((key) => key !== ':@') ?? ''
}
