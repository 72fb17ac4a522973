import azure.functions as func
from fastapi import FastAPI

web = FastAPI()


@web.get("/api/hello")
def hello(name: str = "world") -> dict[str, str]:
    return {"message": f"Hello {name}"}


app = func.AsgiFunctionApp(app=web, http_auth_level=func.AuthLevel.ANONYMOUS)
