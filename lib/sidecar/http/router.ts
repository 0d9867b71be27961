import type { ApiRoute } from './api.js';

export interface RouteMatch {
  readonly route: ApiRoute;
  readonly params: Readonly<Record<string, string>>;
}

interface Node {
  readonly children: Map<string, Node>;
  param?: { readonly name: string; readonly node: Node };
  /** Takes what is left of the path. */
  rest?: { readonly name: string; readonly node: Node };
  readonly byVerb: Map<string, ApiRoute>;
}

/** Finds a route by verb and path in one walk, however many there are. */
export class Router {
  private readonly root = newNode();

  constructor(routes: readonly ApiRoute[]) {
    for (const route of routes) this.add(route);
  }

  /**
   * The route for an escaped, cleaned path.
   * @throws URIError when a parameter can't be unescaped
   */
  find(verb: string, path: string): RouteMatch | undefined {
    const params: Record<string, string> = {};
    const node = walk(this.root, path.slice(1).split('/'), 0, params);
    const route = node?.byVerb.get(verb);
    return route && { route, params };
  }

  private add(route: ApiRoute): void {
    let node = this.root;
    for (const segment of route.path.slice(1).split('/')) {
      const name = segment.slice(1);
      if (segment.startsWith(':'))
        node = (node.param ??= { name, node: newNode() }).node;
      else if (segment.startsWith('*'))
        node = (node.rest ??= { name, node: newNode() }).node;
      else node = childOf(node, segment);
    }
    for (const verb of route.verbs) node.byVerb.set(verb, route);
  }
}

/** Fixed segments go before parameters, parameters before the rest. */
function walk(
  node: Node,
  segments: readonly string[],
  at: number,
  params: Record<string, string>,
): Node | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.byVerb.size > 0 ? node : undefined;
  const child = node.children.get(segment);
  const found = child && walk(child, segments, at + 1, params);
  if (found) return found;
  if (node.param && segment !== '') {
    const end = walk(node.param.node, segments, at + 1, params);
    if (end) {
      params[node.param.name] = unescape(segment);
      return end;
    }
  }
  if (!node.rest || segment === '') return undefined;
  params[node.rest.name] = unescape(segments.slice(at).join('/'));
  return node.rest.node;
}

/** As Go's url.QueryUnescape, which daprd uses for paths too: a `+` is a space. */
function unescape(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

function childOf(node: Node, segment: string): Node {
  const child = node.children.get(segment) ?? newNode();
  node.children.set(segment, child);
  return child;
}

function newNode(): Node {
  return { children: new Map(), byVerb: new Map() };
}
