// The Worker as `npm run dev` starts it: what is deployed, and the gallery.
// The Worker comes first: with the API it brings `openapi` to the schemas that pages, too, are made with.
import worker from './index.ts'
import { createGallery, GALLERY } from './dashboard/gallery/app.tsx'

const gallery = createGallery()

export default {
  ...worker,
  fetch(request: Request, env: Env, context: ExecutionContext) {
    const { pathname } = new URL(request.url)
    const isGallery = pathname === GALLERY || pathname.startsWith(`${GALLERY}/`)
    return isGallery ? gallery.fetch(request, env, context) : worker.fetch(request, env, context)
  },
}
